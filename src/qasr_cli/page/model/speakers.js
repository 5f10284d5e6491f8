// Who speaks in which cues.

import { mapped } from "./cues.js";

/** @typedef {import("./cues.js").Change} Change */
/** @typedef {import("./cues.js").Cue} Cue */
/** @typedef {import("./cues.js").Cues} Cues */

/**
 * By what a speaker is known at a glance: never by the colour alone.
 * @typedef {{letter: string, colour: number}} Badge
 */

/** Colours that the page has for speakers; who comes later has that of one before, and another letter. */
export const COLOUR_COUNT = 8;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/**
 * Who speaks, in the order of their first words.
 *
 * @param {Cues} cues
 * @returns {string[]}
 */
export function speakersOf(cues) {
  return [...new Set(cues.flatMap(({ speaker, line_speakers }) => line_speakers ?? [speaker ?? ""]).filter(Boolean))];
}

/**
 * A line without the dash of a cue of two people.
 *
 * @param {string} line
 * @returns {string}
 */
export function withoutDash(line) {
  return line.replace(/^[-–—]\s*/u, "");
}

/**
 * A cue, or of one of several people what each of them says.
 *
 * @param {Cue} cue
 * @returns {Cue[]}
 */
export function turnsOf(cue) {
  const lines = cue.text.split("\n");
  if (cue.line_speakers?.length !== lines.length) return [cue];
  return cue.line_speakers.map((speaker, at) => ({ ...cue, text: withoutDash(lines[at]), speaker }));
}

/**
 * A cue of somebody else; of one person, whoever spoke in it.
 *
 * @template {Pick<Cue, "text" | "speaker" | "line_speakers">} C
 * @param {C} cue
 * @param {string | null} speaker
 * @returns {C}
 */
export function spokenBy(cue, speaker) {
  const { line_speakers: were, ...rest } = cue;
  const text = were ? cue.text.split("\n").map(withoutDash).join("\n") : cue.text;
  return /** @type {any} */ ({ ...rest, text, speaker });
}

/**
 * Letter and colour of everybody who speaks, by the order of their first words.
 *
 * @param {Cues} cues
 * @returns {ReadonlyMap<string, Badge>}
 */
export function badgesOf(cues) {
  return new Map(
    speakersOf(cues).map((name, at) => [name, { letter: letterOf(at), colour: at % COLOUR_COUNT }]),
  );
}

/**
 * @param {Cues} cues
 * @param {readonly string[]} ids
 * @param {string | null} speaker
 * @returns {Change | null}
 */
export function withSpeaker(cues, ids, speaker) {
  const wanted = new Set(ids);
  return mapped("speaker", cues, (cue) => (wanted.has(cue.id) ? spokenBy(cue, speaker) : cue));
}

/**
 * Everything that one speaker says gets another name.
 *
 * @param {Cues} cues
 * @param {string} before
 * @param {string} after
 * @returns {Change | null}
 */
export function withSpeakerNamed(cues, before, after) {
  return mapped("speaker", cues, (cue) => {
    if (cue.speaker === before) return { ...cue, speaker: after };
    if (!cue.line_speakers?.includes(before)) return cue;
    const line_speakers = cue.line_speakers.map((name) => (name === before ? after : name));
    return line_speakers.every((name) => name === after) ? spokenBy(cue, after) : { ...cue, line_speakers };
  });
}

/** A to Z, then AA, AB as the columns of a table. @param {number} at @returns {string} */
function letterOf(at) {
  const rest = Math.floor(at / LETTERS.length);
  return (rest ? letterOf(rest - 1) : "") + LETTERS[at % LETTERS.length];
}

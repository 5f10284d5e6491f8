// Who speaks in which cues.

import { mapped } from "./cues.js";

/** @typedef {import("./cues.js").Change} Change */
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
  return [...new Set(cues.map(({ speaker }) => speaker ?? "").filter(Boolean))];
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
  return mapped("speaker", cues, (cue) => (wanted.has(cue.id) ? { ...cue, speaker } : cue));
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
  return mapped("speaker", cues, (cue) =>
    cue.speaker === before ? { ...cue, speaker: after } : cue,
  );
}

/** A to Z, then AA, AB as the columns of a table. @param {number} at @returns {string} */
function letterOf(at) {
  const rest = Math.floor(at / LETTERS.length);
  return (rest ? letterOf(rest - 1) : "") + LETTERS[at % LETTERS.length];
}

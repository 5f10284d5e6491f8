// What is done to many subtitles at once: their times, their speakers, their lines.

import { factorOf, shifted, stretched } from "./model/retiming.js";
import { speakersOf, withSpeaker, withSpeakerNamed } from "./model/speakers.js";

/** @typedef {import("./editing.js").Editing} Editing */
/** @typedef {import("./model/retiming.js").Point} Point */
/** @typedef {"all" | "after" | "chosen"} Reach */

/**
 * The subtitles that are meant.
 *
 * @param {Editing} editing
 * @param {Reach} reach
 * @returns {readonly import("./model/cues.js").Cue[]}
 */
export function within(editing, reach) {
  const { cues } = editing;
  if (reach === "after") return cues.slice(Math.max(0, editing.place));
  return reach === "chosen" ? cues.filter(({ id }) => editing.chosen.value.has(id)) : cues;
}

/**
 * @param {Editing} editing
 * @param {Reach} reach
 * @param {number} by_ms
 */
export function shift(editing, reach, by_ms) {
  const change = shifted(editing.cues, idsOf(within(editing, reach)), by_ms);
  return editing.act(endsInside(editing, change), "refused.shift");
}

/**
 * Two times come where they belong, all others in proportion.
 *
 * @param {Editing} editing
 * @param {Reach} reach
 * @param {Point} first
 * @param {Point} last
 */
export function stretch(editing, reach, first, last) {
  if (factorOf(first, last) === null) return editing.act(null, "refused.factor");
  const change = stretched(editing.cues, idsOf(within(editing, reach)), first, last);
  return editing.act(endsInside(editing, change), "refused.stretch");
}

/**
 * All subtitles that are meant get lines as the service breaks them.
 *
 * @param {Editing} editing
 * @param {Reach} reach
 */
export function breakLines(editing, reach) {
  return editing.lines.breakAnew(idsOf(within(editing, reach)));
}

/** The lines of those that are selected, else of the one at which somebody works. @param {Editing} editing */
export function breakLinesHere(editing) {
  const { chosen, cue } = editing;
  return editing.lines.breakAnew(chosen.value.size ? [...chosen.value] : cue ? [cue.id] : []);
}

/**
 * @param {Editing} editing
 * @param {string} id
 * @param {string} speaker
 */
export function setSpeaker(editing, id, speaker) {
  const { chosen, cues, correction } = editing;
  const ids = chosen.value.has(id) ? [...chosen.value] : [id];
  correction.act(withSpeaker(cues, ids, speaker.trim() || null));
}

/**
 * Another name, everywhere; who has the name of another is one with them from then on.
 *
 * @param {Editing} editing
 * @param {string} before
 * @param {string} after
 * @returns {boolean} whether two became one
 */
export function nameSpeaker(editing, before, after) {
  const name = after.trim();
  const isOther = name !== before && speakersOf(editing.cues).includes(name);
  return Boolean(name) && editing.correction.act(withSpeakerNamed(editing.cues, before, name)) && isOther;
}

/** @param {readonly {id: string}[]} cues */
function idsOf(cues) {
  return cues.map(({ id }) => id);
}

/**
 * The change, if it leads nothing out of the recording that was inside.
 *
 * @param {Editing} editing
 * @param {import("./model/cues.js").Change | null} change
 */
function endsInside(editing, change) {
  if (!change) return null;
  const last_ms = editing.lastTime();
  const isInside = change.splices.every(({ removed, added }) =>
    added.every(({ end_ms }, at) => end_ms <= Math.max(last_ms, removed[at].end_ms)),
  );
  return isInside ? change : null;
}

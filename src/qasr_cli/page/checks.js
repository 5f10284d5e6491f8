// What the rules of subtitles say, as the service knows them: asked soon after each change.

import { Failure, post } from "./api.js";
import { bare } from "./model/compare.js";
import { batch, effect } from "./ui.js";

/**
 * @typedef {object} Mark
 * @property {number} cue its number, from 1
 * @property {string} kind the rule
 * @property {"error" | "warning"} severity
 * @property {number} figure what was measured
 * @property {number | null} limit
 * @property {string} text in English
 *
 * @typedef {Readonly<Record<string, number>>} Limits
 */

const ASKED_AFTER_MS = 200;

/**
 * Keep an editing's checks up, until the function that is given back is called.
 *
 * @param {import("./editing.js").Editing} editing
 * @returns {() => void}
 */
export function checked(editing) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let isGone = false;
  const ask = async (/** @type {import("./model/cues.js").Cues} */ cues) => {
    const answer = await answerTo(cues, editing.manner);
    if (answer === null) isGone = true;
    else if (cues === editing.cues) {
      batch(() => {
        editing.limits.value = answer.limits;
        editing.checks.value = marksById(cues, answer);
      });
    }
  };
  const stop = effect(() => {
    const { cues } = editing;
    clearTimeout(timer);
    if (!isGone && cues.length) timer = setTimeout(() => void ask(cues), ASKED_AFTER_MS);
  });
  return () => {
    isGone = true;
    clearTimeout(timer);
    stop();
  };
}

/**
 * What the rules say; nothing while it cannot be had, null where the service does not tell.
 *
 * @param {import("./model/cues.js").Cues} cues
 * @param {import("./lines.js").Manner} manner
 * @returns {Promise<{breaches: readonly Mark[], limits: Limits} | null>}
 */
async function answerTo(cues, { language, profile }) {
  const content = cues.map(bare);
  const more = profile ? { profile } : {};
  try {
    return await (await post("api/lint", { cues: content, language, ...more })).json();
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    return failure.status >= 500 || !failure.status ? { breaches: [], limits: {} } : null;
  }
}

/**
 * @param {import("./model/cues.js").Cues} cues
 * @param {{breaches: readonly Mark[]}} answer of the service
 * @returns {ReadonlyMap<string, readonly Mark[]>}
 */
function marksById(cues, { breaches }) {
  /** @type {Map<string, Mark[]>} */
  const marks = new Map();
  for (const mark of breaches) {
    const id = cues[mark.cue - 1]?.id;
    if (id !== undefined) marks.set(id, [...(marks.get(id) ?? []), mark]);
  }
  return marks;
}

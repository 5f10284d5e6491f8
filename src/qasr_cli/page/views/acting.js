// The acts by their names, as keys and buttons ask for them. One that gives false leaves its key to
// the browser.

import { FRAME_MS } from "../editing.js";
import { jump, playhead, setSpeed, toggle } from "../playback.js";
import { toggleReviewed } from "../review.js";
import { listenOn } from "./listen.js";
import { breakLinesHere } from "../wide_acts.js";

/** @typedef {import("../editing.js").Editing} Editing */

const STEP_MS = 1000;
const FAR_MS = 5000;
const SPEEDS = [0.75, 1, 1.5, 2];

/**
 * @param {Editing} editing
 * @returns {Record<string, () => boolean | void>}
 */
export function acting(editing) {
  const { correction } = editing;
  const go = (/** @type {number} */ by_ms) => () => jump(by_ms, editing.lastTime());
  return {
    play: toggle,
    play_cue: () => editing.playCue(),
    back: go(-STEP_MS),
    forward: go(STEP_MS),
    back_far: go(-FAR_MS),
    forward_far: go(FAR_MS),
    frame_back: go(-FRAME_MS),
    frame_forward: go(FRAME_MS),
    ...Object.fromEntries(SPEEDS.map((speed, at) => [`speed_${at + 1}`, () => setSpeed(speed)])),
    next: () => editing.step(1),
    previous: () => editing.step(-1),
    split: () => editing.split(caretIn(document.activeElement) ?? editing.caret),
    merge_previous: () => (caretIsAt("start") ? editing.merge(editing.place - 1) : false),
    merge_next: () => (caretIsAt("end") ? editing.merge(editing.place) : false),
    wrap: () => void breakLinesHere(editing),
    insert: () => editing.insert(),
    delete: () => editing.delete(),
    hear: () => void editing.again.ask("hear"),
    align: () => void editing.again.ask("align"),
    start_here: () => void editing.moveEdge("start_ms", playhead.value),
    end_here: () => void editing.moveEdge("end_ms", playhead.value),
    start_earlier: () => editing.nudge("start_ms", -FRAME_MS),
    start_later: () => editing.nudge("start_ms", FRAME_MS),
    end_earlier: () => editing.nudge("end_ms", -FRAME_MS),
    end_later: () => editing.nudge("end_ms", FRAME_MS),
    undo: () => correction.undo(),
    redo: () => correction.redo(),
    find: () => editing.open("find"),
    replace: () => editing.open("find"),
    next_problem: () => editing.nextProblem(1),
    previous_problem: () => editing.nextProblem(-1),
    next_doubt: () => listenOn(editing, 1),
    previous_doubt: () => listenOn(editing, -1),
    reviewed: () => void toggleReviewed(correction),
    download: () => /** @type {HTMLElement | null} */ (document.querySelector(".download-one a"))?.click(),
    help: () => void (editing.isHelpOpen.value = true),
    leave: () => leave(editing),
  };
}

/** @param {Element | null} area */
function caretIn(area) {
  return area instanceof HTMLTextAreaElement ? area.selectionStart : null;
}

/** Where no text has the focus, a button was pressed: it counts. @param {"start" | "end"} side */
function caretIsAt(side) {
  const area = document.activeElement;
  if (!(area instanceof HTMLTextAreaElement)) return true;
  const place = side === "start" ? 0 : area.value.length;
  return area.selectionStart === place && area.selectionEnd === place;
}

/** @param {Editing} editing */
function leave(editing) {
  if (editing.panel.value !== null) editing.closePanel();
  else if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
}

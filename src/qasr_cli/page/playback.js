// Where the recording that is shown stands; whoever plays it is told where to go.

import { signal } from "./ui.js";

/** In milliseconds. */
export const playhead = signal(0);

/** The element that plays; null where there is none. @type {{value: HTMLMediaElement | null}} */
export const player = signal(null);

/** @type {number | null} */
let stopsAt_ms = null;

/**
 * @param {number} time_ms
 * @param {{plays?: boolean}} [wish]
 */
export function go(time_ms, { plays = false } = {}) {
  stopsAt_ms = null;
  playhead.value = time_ms;
  if (!player.value) return;
  player.value.currentTime = time_ms / 1000;
  if (plays) void player.value.play().catch(() => {}); // the element shows why not
}

/**
 * Play from one time to another, then stop.
 *
 * @param {number} start_ms
 * @param {number} end_ms
 */
export function playStretch(start_ms, end_ms) {
  go(start_ms, { plays: true });
  stopsAt_ms = end_ms;
}

/** Tell where the player is. @param {number} time_ms */
export function reached(time_ms) {
  playhead.value = time_ms;
  if (stopsAt_ms === null || time_ms < stopsAt_ms) return;
  stopsAt_ms = null;
  player.value?.pause();
}

export function toggle() {
  const element = player.value;
  if (!element) return;
  stopsAt_ms = null;
  if (element.paused) void element.play().catch(() => {});
  else element.pause();
}

/**
 * @param {number} by_ms
 * @param {number} last_ms
 */
export function jump(by_ms, last_ms) {
  go(Math.min(last_ms, Math.max(0, playhead.value + by_ms)));
}

/** @param {number} speed */
export function setSpeed(speed) {
  if (player.value) player.value.playbackRate = speed;
}

// Where the recording that is shown stands; whoever plays it is told where to go.

import { signal } from "./ui.js";

/** In milliseconds. */
export const playhead = signal(0);

/** The element that plays; null where there is none. @type {{value: HTMLMediaElement | null}} */
export const player = signal(null);

/**
 * @param {number} time_ms
 * @param {{plays?: boolean}} [wish]
 */
export function go(time_ms, { plays = false } = {}) {
  playhead.value = time_ms;
  if (!player.value) return;
  player.value.currentTime = time_ms / 1000;
  if (plays) void player.value.play().catch(() => {}); // the element shows why not
}

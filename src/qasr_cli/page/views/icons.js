// Small pictures beside words, or in place of words that a label says.

import { html } from "../ui.js";

/** @type {Record<string, string>} */
const PATHS = {
  align: "M4 5v14M20 5v14M7 12h10M10 9l-3 3 3 3M14 9l3 3-3 3",
  all: "M3 12h18M6 9l-3 3 3 3M18 9l3 3-3 3",
  close: "M6 6l12 12M18 6L6 18",
  closer: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5M8 11h6M11 8v6",
  copy: "M9 9h10v11H9zM5 15V4h10",
  delete: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  dark: "M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z",
  done: "M5 12.500l4.500 4.500L19 7.500",
  download: "M12 4v11m-5-4l5 5 5-5M5 20h14",
  file: "M6 3h8l4 4v14H6zM14 3v4h4",
  find: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5",
  hear: "M5 10v4h3l5 4V6L8 10zM16 9a4 4 0 0 1 0 6M18 6a8 8 0 0 1 0 12",
  help: "M9 9a3 3 0 1 1 4 3c-1 .500-1 1-1 2M12 18v.100M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  insert: "M4 6h16M4 18h16M12 9v6M9 12h6",
  light: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2m0 16v2M2 12h2m16 0h2M5 5l1.500 1.500m11 11L19 19M5 19l1.500-1.500m11-11L19 5",
  merge_next: "M6 4v5l6 3 6-3V4M12 12v8",
  microphone: "M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM6 11a6 6 0 0 0 12 0M12 17v4",
  pause: "M9 5v14M15 5v14",
  play: "M8 5v14l11-7z",
  play_cue: "M4 5v14M20 5v14M9 8l7 4-7 4z",
  redo: "M19 9h-9a5 5 0 0 0 0 10h6M15 5l4 4-4 4",
  retry: "M19 12a7 7 0 1 1-2-5l2 2M19 4v5h-5",
  split: "M12 4v6L6 14v6M12 10l6 4v6",
  stop: "M7 7h10v10H7z",
  times: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l4 2",
  undo: "M5 9h9a5 5 0 0 1 0 10H8M9 5L5 9l4 4",
  rules: "M4 7h9M4 12h9M4 17h5M13 17l3 3 5-6",
  wrap: "M4 6h16M4 12h12a4 4 0 0 1 0 8h-4M14 17l-3 3 3 3",
  wider: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5M8 11h6",
};

/** @param {{name: string}} given */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;
}

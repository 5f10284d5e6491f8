// The caption that stands now, drawn over the recording as it will look; and the same as a track of
// captions, where the browser shows the picture alone: in full screen, or in a window of its own.

import { labelOf, letterPercent, trackText } from "../model/caption.js";
import { placeAt } from "../model/cues.js";
import { placeOfWord, wordAt } from "../model/heard.js";
import { playhead } from "../playback.js";
import { say } from "../state.js";
import { html, useEffect, useRef } from "../ui.js";

/** @typedef {import("../model/cues.js").Cues} Cues */

/** @param {{cues: Cues, lang: string | undefined, profile: string}} given */
export function Caption({ cues, lang, profile }) {
  const at = placeAt(cues, playhead.value);
  if (at < 0) return html`<p class="caption"></p>`;
  const label = labelOf(cues, at);
  const { text } = cues[at];
  const lines = `${label}${text}`.split("\n");
  // It stands in the list, too: no reader of screens needs it twice.
  return html`
    <p
      class="caption"
      aria-hidden="true"
      lang=${lang}
      data-look=${profile}
      style=${{ "--letters": `${letterPercent(`${label}${text}`)}cqw` }}
    >
      ${lines.map((line, number) => html`<span dir="auto">${withWordSaid(cues[at], line, number, label)}</span>`)}
    </p>
  `;
}

/**
 * A line of a cue, with the word that is said now set off.
 *
 * @param {import("../model/cues.js").Cue} cue
 * @param {string} line
 * @param {number} number of the line
 * @param {string} label before the first one
 */
function withWordSaid({ text, words = [] }, line, number, label) {
  const at = wordAt(words, playhead.value);
  const place = at < 0 ? null : placeOfWord(text, words, at);
  if (!place) return line;
  const before = text.split("\n").slice(0, number).join("\n").length + (number ? 1 : 0);
  const shift = number ? 0 : label.length;
  const [from, to] = [place.from - before + shift, place.to - before + shift];
  if (from < shift || to > line.length) return line;
  return html`${line.slice(0, from)}<b class="said">${line.slice(from, to)}</b>${line.slice(to)}`;
}

/**
 * A track, filled while it is seen.
 *
 * @param {{current: HTMLVideoElement | null}} element
 * @param {Cues} cues
 * @param {string | undefined} lang
 */
export function useTrack(element, cues, lang) {
  const shown = useRef(/** @type {TextTrack | null} */ (null));
  const latest = useRef(cues);
  latest.current = cues;
  useEffect(() => {
    const video = element.current;
    if (!video) return undefined;
    const track = video.addTextTrack("captions", say.value("player.captions"), lang ?? "");
    track.mode = "disabled";
    const look = () => {
      const isAlone =
        document.fullscreenElement === video || document.pictureInPictureElement === video ||
        /** @type {any} */ (video).webkitDisplayingFullscreen === true;
      shown.current = isAlone ? track : null;
      track.mode = isAlone ? "showing" : "disabled";
      if (isAlone) fill(track, latest.current);
    };
    const names = ["fullscreenchange", "enterpictureinpicture", "leavepictureinpicture", "webkitbeginfullscreen", "webkitendfullscreen"];
    for (const name of names) video.addEventListener(name, look);
    return () => {
      for (const name of names) video.removeEventListener(name, look);
    };
  }, [lang]);
  useEffect(() => {
    if (shown.current) fill(shown.current, cues);
  }, [cues]);
}

/** @param {TextTrack} track @param {Cues} cues */
function fill(track, cues) {
  for (const each of [...(track.cues ?? [])]) track.removeCue(each);
  for (const [at, { start_ms, end_ms, text }] of cues.entries()) {
    track.addCue(new VTTCue(start_ms / 1000, end_ms / 1000, trackText(labelOf(cues, at) + text)));
  }
}

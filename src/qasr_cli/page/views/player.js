// The recording with the caption that stands now drawn over it.

import { addressOf } from "../api.js";
import { placeAt } from "../model/cues.js";
import { placeOfWord, wordAt } from "../model/heard.js";
import { playhead, player, reached } from "../playback.js";
import { codeOfLanguage, say } from "../state.js";
import { html, useEffect, useRef, useState } from "../ui.js";
import { localAddresses } from "../uploads.js";

/** @typedef {import("../model/cues.js").Cues} Cues */

/** @param {{job: import("../model/jobs.js").Job, cues: Cues}} given */
export function Player({ job, cues }) {
  const t = say.value;
  const element = useRef(/** @type {HTMLVideoElement | null} */ (null));
  const [kind, setKind] = useState(/** @type {"unknown" | "sound" | "video" | "none"} */ ("unknown"));
  const [isProxy, setProxy] = useState(job.playable === "proxy");
  const own = localAddresses.get(job.id) ?? `${addressOf(job.id)}/media`;
  usePlayhead(element);
  const name = job.name;
  const label = t(kind === "video" ? "result.video" : "result.sound", { name });
  return html`
    <div class=${`player ${kind}`}>
      <div class="stage">
        ${cues.length > 0 && html`<${Caption} cues=${cues} lang=${codeOfLanguage(job.language)} />`}
        ${kind !== "none" &&
        html`
          <video
            ref=${element}
            src=${isProxy ? `${addressOf(job.id)}/media?proxy=true` : own}
            controls
            playsinline
            preload="metadata"
            aria-label=${label}
            onLoadedMetadata=${(/** @type {any} */ event) =>
              setKind(event.target.videoHeight ? "video" : "sound")}
            onError=${() => (isProxy ? setKind("none") : setProxy(true))}
          ></video>
        `}
      </div>
      ${kind === "none" && html`<p class="soft">${t("result.unplayable")}</p>`}
    </div>
  `;
}

/** @param {{cues: Cues, lang: string | undefined}} given */
function Caption({ cues, lang }) {
  const at = placeAt(cues, playhead.value);
  if (at < 0) return html`<p class="caption"></p>`;
  // It stands in the list, too: no reader of screens needs it twice.
  return html`
    <p class="caption" aria-hidden="true" lang=${lang}><span dir="auto">${withWordSaid(cues[at])}</span></p>
  `;
}

/** The text of a cue, with the word that is said now set off. @param {import("../model/cues.js").Cue} cue */
function withWordSaid({ text, words = [] }) {
  const at = wordAt(words, playhead.value);
  const place = at < 0 ? null : placeOfWord(text, words, at);
  if (!place) return text;
  const { from, to } = place;
  return html`${text.slice(0, from)}<b class="said">${text.slice(from, to)}</b>${text.slice(to)}`;
}

/**
 * Follows an element's time: with every picture while it plays, for its own events are few.
 *
 * @param {{current: HTMLVideoElement | null}} element
 */
function usePlayhead(element) {
  useEffect(() => {
    const video = element.current;
    if (!video) return undefined;
    let frame = 0;
    const note = () => reached(Math.round(video.currentTime * 1000));
    const follow = () => {
      note();
      if (!video.paused && !video.ended) frame = requestAnimationFrame(follow);
    };
    player.value = video;
    playhead.value = 0;
    video.addEventListener("play", follow);
    video.addEventListener("seeked", note);
    video.addEventListener("pause", note);
    return () => {
      cancelAnimationFrame(frame);
      video.pause();
      if (player.value === video) player.value = null;
    };
  }, []);
}

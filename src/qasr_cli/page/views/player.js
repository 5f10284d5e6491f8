// The recording with the caption that stands now drawn over it.

import { addressOf } from "../api.js";
import { playhead, player, reached } from "../playback.js";
import { playsPieces, SoundPieces } from "../sound_pieces.js";
import { sounds } from "../sound.js";
import { codeOfLanguage, say } from "../state.js";
import { html, useEffect, useRef, useState } from "../ui.js";
import { localAddresses } from "../uploads.js";
import { Caption, useTrack } from "./caption.js";
import { PictureOffer, usePicture } from "./picture.js";

/** @typedef {import("../model/cues.js").Cues} Cues */

/** @param {{job: import("../model/jobs.js").Job, cues: Cues}} given */
export function Player({ job, cues }) {
  const t = say.value;
  const element = useRef(/** @type {HTMLVideoElement | null} */ (null));
  const [kind, setKind] = useState(/** @type {"unknown" | "sound" | "video" | "none"} */ ("unknown"));
  const [isProxy, setProxy] = useState(job.playable === "proxy");
  const { picture, reason, make } = usePicture(job.id, isProxy);
  const proxy = usePieces(element, job.id, isProxy && picture.state !== "ready");
  const own = localAddresses.get(job.id) ?? `${addressOf(job.id)}/media`;
  const lang = codeOfLanguage(job.language);
  usePlayhead(element);
  useTrack(element, cues, lang);
  const name = job.name;
  const label = t(kind === "video" ? "result.video" : "result.sound", { name });
  return html`
    <div class=${`player ${kind}`}>
      <div class="stage">
        ${cues.length > 0 && html`<${Caption} cues=${cues} lang=${lang} profile=${job.profile ?? ""} />`}
        ${kind !== "none" &&
        html`
          <video
            ref=${element}
            src=${!isProxy ? own : picture.state === "ready" ? `${addressOf(job.id)}/media?proxy=picture` : proxy}
            controls
            playsinline
            preload="metadata"
            aria-label=${label}
            onLoadedMetadata=${(/** @type {any} */ event) => {
              setKind(event.target.videoHeight ? "video" : "sound");
              // Another source of the same recording goes on where the one before was.
              const time_s = playhead.peek() / 1000;
              if (Math.abs(event.target.currentTime - time_s) > 0.05) event.target.currentTime = time_s;
            }}
            onError=${(/** @type {any} */ event) => {
              if (!event.target.getAttribute("src")) return; // it waits for one
              if (isProxy) setKind("none");
              else setProxy(true);
            }}
          ></video>
        `}
      </div>
      ${kind === "none" && html`<p class="soft">${t("result.unplayable")}</p>`}
      ${isProxy && html`<${PictureOffer} picture=${picture} reason=${reason} make=${make} />`}
    </div>
  `;
}

/**
 * The address of the sound of a recording that browsers do not play: piece by piece where they can
 * put it together, else all of it, for which somebody waits.
 *
 * @param {{current: HTMLVideoElement | null}} element
 * @param {string} id of the job
 * @param {boolean} isWanted
 * @returns {string | undefined}
 */
function usePieces(element, id, isWanted) {
  const [pieces, setPieces] = useState(/** @type {SoundPieces | null} */ (null));
  const [isWhole, setWhole] = useState(!playsPieces());
  const duration_ms = sounds.value.get(id)?.duration_ms;
  const has = isWanted && !isWhole;
  useEffect(() => {
    if (!has || !element.current) return undefined;
    const made = new SoundPieces(element.current, id, () => setWhole(true));
    setPieces(made);
    return () => {
      made.close();
      setPieces(null);
    };
  }, [has]);
  useEffect(() => {
    if (duration_ms) pieces?.setDuration(duration_ms);
  }, [pieces, duration_ms]);
  return isWhole ? `${addressOf(id)}/media?proxy=true` : pieces?.address;
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

// The picture of a film that browsers do not show: made on demand, in the background.

import { addressOf, askJson, Failure, post } from "../api.js";
import { inWords, say } from "../state.js";
import { html, useEffect, useState } from "../ui.js";

/**
 * @typedef {object} Picture
 * @property {"none" | "offered" | "making" | "ready"} state
 * @property {number} progress
 */

const LOOKS_EVERY_MS = 2000;
/** @type {Picture} */
const NONE = { state: "none", progress: 0 };

/**
 * How far the picture of a job is; what has it made; why it cannot be.
 *
 * @param {string} id
 * @param {boolean} isWanted
 */
export function usePicture(id, isWanted) {
  const [picture, setPicture] = useState(NONE);
  const [reason, setReason] = useState(/** @type {import("../state.js").Reason | null} */ (null));
  const address = `${addressOf(id)}/picture`;
  const told = async (/** @type {Promise<any>} */ answer) => {
    try {
      setPicture(await answer);
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      setPicture(NONE);
      if (failure.code !== "network" && failure.status !== 404) setReason(failure);
    }
  };
  useEffect(() => {
    if (isWanted) void told(askJson(address));
  }, [isWanted]);
  useEffect(() => {
    if (picture.state !== "making") return undefined;
    const timer = setTimeout(() => void told(askJson(address)), LOOKS_EVERY_MS);
    return () => clearTimeout(timer);
  }, [picture]);
  const make = () => {
    setReason(null);
    void told(post(address).then((answer) => answer.json()));
  };
  return { picture, reason, make };
}

/** @param {{picture: Picture, reason: import("../state.js").Reason | null, make: () => void}} given */
export function PictureOffer({ picture, reason, make }) {
  const t = say.value;
  const percent = Math.floor(picture.progress * 100);
  if (reason) return html`<p class="bad" role="alert">${inWords(reason)}</p>`;
  if (picture.state === "offered") {
    return html`
      <p class="picture-offer">
        <button class="button" onClick=${make}>${t("picture.make")}</button>
        <span class="soft">${t("picture.hint")}</span>
      </p>
    `;
  }
  if (picture.state !== "making") return null;
  return html`
    <p class="picture-offer">
      <progress max="100" value=${percent} aria-label=${t("picture.making", { percent })}></progress>
      <span class="soft">${t("picture.making", { percent })}</span>
    </p>
  `;
}

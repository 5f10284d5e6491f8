// The choice of a microphone, where sound is taken from one.

import { microphones } from "../recorder.js";
import { choose, say, settings } from "../state.js";
import { html, useEffect, useState } from "../ui.js";

/** @param {{isBlocked: boolean}} given */
export function Microphones({ isBlocked }) {
  const t = say.value;
  const [devices, setDevices] = useState(/** @type {readonly MediaDeviceInfo[]} */ ([]));
  useEffect(() => {
    if (isBlocked) return undefined;
    const look = () => microphones().then(setDevices, () => {});
    void look();
    navigator.mediaDevices.addEventListener("devicechange", look);
    return () => navigator.mediaDevices.removeEventListener("devicechange", look);
  }, [isBlocked]);
  return html`
    <label>
      ${t("record.microphone")}
      <select
        value=${settings.value.microphone}
        disabled=${isBlocked}
        onChange=${(/** @type {any} */ event) => choose({ microphone: event.target.value })}
      >
        <option value="">${t("record.microphone.default")}</option>
        ${devices.map(
          (/** @type {MediaDeviceInfo} */ { deviceId, label }, /** @type {number} */ at) =>
            html`<option value=${deviceId}>${label || t("record.microphone.number", { number: at + 1 })}</option>`,
        )}
      </select>
    </label>
  `;
}

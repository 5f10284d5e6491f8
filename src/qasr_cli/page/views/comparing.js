// Two versions beside each other: what differs, and which of both counts.

import { textOfTime } from "../model/times.js";
import { say, tongue } from "../state.js";
import { html, useState } from "../ui.js";

/** @typedef {import("../comparison.js").Comparison} Comparison */
/** @typedef {import("../correction.js").Correction} Correction */
/** @typedef {import("../model/compare.js").Content} Content */
/** @typedef {import("../model/compare.js").Part} Part */
/** @typedef {import("../model/compare.js").Side} Side */

const SHOWN_COUNT = 50;

/** @param {{correction: Correction, lang: string | undefined}} given */
export function Comparing({ correction, lang }) {
  const comparison = correction.comparison.value;
  return html`
    <section class="card comparing" aria-labelledby="comparing-title">
      <p id="comparing-title" role="alert">${titleOf(comparison)}</p>
      ${comparison && html`<${Choice} key=${comparison} correction=${correction} comparison=${comparison} lang=${lang} />`}
    </section>
  `;
}

/** @param {{correction: Correction, comparison: Comparison, lang: string | undefined}} given */
function Choice({ correction, comparison, lang }) {
  const t = say.value;
  const [count, setCount] = useState(SHOWN_COUNT);
  const parts = comparison.differences.value;
  const isAllOwn = parts.every((part) => comparison.sideOf(part) === comparison.own);
  const { draft } = comparison;
  const time = draft ? timeOf(draft) : "";
  return html`
    <p class="soft">${t("versions.count", { count: parts.length })}</p>
    <div class="versions">
      ${parts.slice(0, count).map(
        (part) => html`<${Difference} key=${part.key} part=${part} comparison=${comparison} lang=${lang} />`,
      )}
      ${parts.length > count &&
      html`
        <button class="button" onClick=${() => setCount(count + SHOWN_COUNT)}>
          ${t("versions.more", { count: parts.length - count })}
        </button>
      `}
    </div>
    <div class="line">
      <button class="button primary" onClick=${() => comparison.settle()}>
        ${draft && isAllOwn ? t("draft.keep", { time }) : t("versions.take")}
      </button>
      ${draft
        ? html`<button class="button" onClick=${() => correction.discardDraft()}>${t("draft.discard")}</button>`
        : html`
            <button class="button" onClick=${() => comparison.settle("shown")}>${t("save.mine")}</button>
            <button class="button" onClick=${() => comparison.settle("other")}>
              ${t(comparison.isOnDisk ? "save.disk" : "save.theirs")}
            </button>
          `}
    </div>
  `;
}

/** @param {{part: Part, comparison: Comparison, lang: string | undefined}} given */
function Difference({ part, comparison, lang }) {
  const t = say.value;
  const chosen = comparison.sideOf(part);
  const { isBoth } = comparison.proposal(part);
  const first_ms = (part.shown[0] ?? part.other[0]).start_ms;
  const hasTimes = !haveSameTimes(part);
  const names = comparison.draft
    ? { shown: t("versions.saved"), other: t("versions.kept") }
    : { shown: t("versions.mine"), other: t(comparison.isOnDisk ? "versions.disk" : "versions.theirs") };
  const sides = /** @type {const} */ (["shown", "other"]);
  return html`
    <fieldset class="difference">
      <legend class="soft number">
        ${textOfTime(first_ms)}${isBoth && html` · <b>${t("versions.both")}</b>`}
      </legend>
      ${sides.map(
        (side) => html`
          <label class="version">
            <input
              type="radio"
              name=${`part-${part.key}`}
              checked=${chosen === side}
              onChange=${() => comparison.choose(part, side)}
            />
            <span class="soft">${names[side]}</span>
            <span class="version-text" dir="auto" lang=${lang}>${inWords(part[side], hasTimes)}</span>
          </label>
        `,
      )}
    </fieldset>
  `;
}

/** @param {Comparison | null} comparison */
function titleOf(comparison) {
  const t = say.value;
  if (comparison?.draft) return t("draft.found", { time: timeOf(comparison.draft) });
  return t(comparison?.isOnDisk ? "save.conflict.elsewhere" : "save.conflict");
}

/**
 * When something was kept: the time, before today with its day.
 *
 * @param {import("../drafts.js").Kept} draft
 */
function timeOf({ notedAt_ms }) {
  const isToday = new Date(notedAt_ms).toDateString() === new Date().toDateString();
  const locale = tongue.value === "zh" ? "zh-CN" : "en-GB";
  const dateStyle = isToday ? undefined : "medium";
  return new Intl.DateTimeFormat(locale, { dateStyle, timeStyle: "short" }).format(notedAt_ms);
}

/** @param {Part} part */
function haveSameTimes({ shown, other }) {
  const times = (/** @type {readonly Content[]} */ cues) =>
    cues.map(({ start_ms, end_ms }) => `${start_ms}-${end_ms}`).join();
  return times(shown) === times(other);
}

/**
 * @param {readonly Content[]} cues
 * @param {boolean} hasTimes
 */
function inWords(cues, hasTimes) {
  if (!cues.length) return html`<i>${say.value("versions.none")}</i>`;
  const told = cues.map(({ start_ms, end_ms, text, speaker }) => {
    const times = hasTimes ? `${textOfTime(start_ms)} – ${textOfTime(end_ms)}\n` : "";
    return `${times}${speaker ? `${speaker}: ` : ""}${text}`;
  });
  return told.join("\n");
}

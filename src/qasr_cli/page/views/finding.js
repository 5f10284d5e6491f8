// Search and replace over all subtitles. The browser's own search sees the rows in sight alone.

import { withTexts } from "../model/acts.js";
import { ruleOfQuery } from "../model/corrections.js";
import { found, patternOf, replacedTexts } from "../model/search.js";
import { addRule } from "../rules.js";
import { codeOfLanguage, notice, say } from "../state.js";
import { html, useLayoutEffect, useRef, useState } from "../ui.js";

/** @typedef {import("../editing.js").Editing} Editing */
/** @typedef {import("../model/search.js").Query} Query */

const SWITCHES = /** @type {const} */ (["hasCase", "isWhole", "isPattern"]);

/** @param {{editing: Editing}} given */
export function Finding({ editing }) {
  const t = say.value;
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  const query = editing.query.value;
  const setQuery = (/** @type {Query} */ next) => (editing.query.value = next);
  const [replacement, setReplacement] = useState("");
  const [reachedAt, setReached] = useState(-1);
  const asked = editing.asksToFind.value;
  useLayoutEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, [asked]);
  const pattern = patternOf(query);
  const matches = pattern ? found(editing.cues, pattern) : [];
  const cueCount = new Set(matches.map(({ id }) => id)).size;
  const show = (/** @type {number} */ by) => {
    if (!matches.length) return;
    const at = (reachedAt + by + matches.length) % matches.length;
    setReached(at);
    editing.show(matches[at].id, matches[at].to);
  };
  const replaceAll = () => {
    if (!pattern) return;
    const texts = replacedTexts(editing.cues, pattern, replacement, Boolean(query.isPattern));
    editing.act(withTexts(editing.cues, texts));
  };
  const makeRule = () => {
    const rule = ruleOfQuery(query, replacement, codeOfLanguage(editing.manner.language) ?? "");
    if (!rule) {
      notice.value = t("refused.rule");
      return;
    }
    addRule(rule);
    editing.panel.value = "rules";
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter" || event.isComposing || event.ctrlKey) return;
    event.preventDefault();
    show(event.shiftKey ? -1 : 1);
  };
  return html`
    <div class="card panel" role="search">
      <div class="line">
        <input
          ref=${field}
          dir="auto"
          value=${query.text}
          aria-label=${t("find.text")}
          placeholder=${t("find.text")}
          aria-invalid=${Boolean(query.text) && !pattern}
          aria-describedby="find-count"
          onInput=${(/** @type {any} */ event) => {
            setQuery({ ...query, text: event.target.value });
            setReached(-1);
          }}
          onKeyDown=${onKeyDown}
        />
        <button class="button" disabled=${!matches.length} onClick=${() => show(1)}>${t("find.next")}</button>
      </div>
      <div class="line">
        <input
          dir="auto"
          value=${replacement}
          aria-label=${t("find.replacement")}
          placeholder=${t("find.replacement")}
          onInput=${(/** @type {any} */ event) => setReplacement(event.target.value)}
        />
        <button class="button" disabled=${!matches.length} onClick=${replaceAll}>${t("find.replace_all")}</button>
      </div>
      <div class="line">
        ${SWITCHES.map(
          (each) => html`
            <label class="check">
              <input
                type="checkbox"
                checked=${Boolean(query[each])}
                onChange=${() => setQuery({ ...query, [each]: !query[each] })}
              />
              ${t(`find.${each}`)}
            </label>
          `,
        )}
        <span class="space"></span>
        <button class="button small" disabled=${!pattern} onClick=${makeRule}>${t("find.rule")}</button>
      </div>
      <p id="find-count" class="soft" role="status">
        ${query.text && (pattern ? t("find.count", { count: matches.length, cues: cueCount }) : t("find.no_pattern"))}
      </p>
    </div>
  `;
}

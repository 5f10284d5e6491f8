// The recordings that are edited where they lie: the worst first, to search and to tick off.

import { draftPlaces, placeOfJob } from "../drafts.js";
import { countsOf, FILTERS, isReviewed, listed } from "../model/edit_list.js";
import { inSight, scrolledTo } from "../model/windowing.js";
import { choices, jobs, say, selectedId } from "../state.js";
import { computed, html, signal, useLayoutEffect, useRef } from "../ui.js";
import { Icon } from "./icons.js";
import { show } from "./queue.js";
import { useScrolled } from "./scrolled.js";

/** @typedef {import("../model/edit_list.js").Filter} Filter */
/** @typedef {import("../model/jobs.js").Job} Job */

const search = signal("");
/** @type {{value: Filter}} */
const filter = signal("all");
/** @type {{value: readonly Job[]}} */
const shown = computed(() => listed(jobs.value.values(), filter.value, search.value));
const counts = computed(() => countsOf(jobs.value.values()));

export function EditList() {
  const t = say.value;
  const { editing } = choices.value;
  return html`
    <section class="queue edit-list" aria-labelledby="queue-title">
      <div class="queue-head">
        <h2 id="queue-title">${t("queue.title")}</h2>
        <span class="soft" dir="auto">${editing?.name}</span>
      </div>
      <input
        type="search"
        dir="auto"
        value=${search.value}
        placeholder=${t("edit.search")}
        aria-label=${t("edit.search")}
        onInput=${(/** @type {any} */ event) => (search.value = event.target.value)}
      />
      <div class="filters" role="group" aria-label=${t("edit.filter")}>
        ${FILTERS.map(
          (each) => html`
            <button
              class="button small"
              aria-pressed=${filter.value === each}
              onClick=${() => (filter.value = each)}
            >
              ${t(`edit.filter.${each}`)} <span class="number">${counts.value[each]}</span>
            </button>
          `,
        )}
      </div>
      <${Rows} />
      <p class=${shown.value.length ? "unseen" : "soft"} role="status">
        ${shown.value.length ? t("edit.count", { count: shown.value.length }) : t(emptyBecause())}
      </p>
    </section>
  `;
}

/** @returns {string} a key of messages */
function emptyBecause() {
  if (!counts.value.all) return "edit.none";
  if (!search.value.trim() && filter.value === "open") return "reviewed.all";
  return "edit.none_found";
}

/** Only the rows in sight are there. */
function Rows() {
  const list = useRef(/** @type {HTMLDivElement | null} */ (null));
  const { seen } = useScrolled(list, 56);
  const all = shown.value;
  const { first, end, before, after } = inSight({ ...seen, count: all.length });
  const id = selectedId.value;
  const current = all.findIndex((job) => job.id === id);
  useLayoutEffect(() => {
    const element = list.current;
    if (!element || current < 0) return;
    const { scrollTop, clientHeight: height } = element;
    element.scrollTop = scrolledTo({ scrollTop, height, rowHeight: seen.rowHeight, row: current });
  }, [id, current, seen.rowHeight]);
  return html`
    <div class="rows" ref=${list} onKeyDown=${walk}>
      <div style=${{ height: `${before}px` }}></div>
      <ul>
        ${all.slice(first, end).map((job) => html`<${Row} key=${job.id} job=${job} isSelected=${job.id === id} />`)}
      </ul>
      <div style=${{ height: `${after}px` }}></div>
    </div>
  `;
}

/** @param {{job: Job, isSelected: boolean}} given */
function Row({ job, isSelected }) {
  const t = say.value;
  const { id, name, doubt } = job;
  const isDone = isReviewed(job);
  // What somebody types at the moment is saved at once.
  const isUnsaved = !isSelected && draftPlaces.value.has(placeOfJob(job, choices.value.editing));
  const doubtful = doubt ? t("edit.doubt", { count: Math.max(1, Math.round(doubt)) }) : t("edit.no_doubt");
  return html`
    <li class=${`row edit ${isDone ? "reviewed" : ""} ${isSelected ? "selected" : ""}`}>
      <button class="row-main" aria-current=${isSelected ? "true" : undefined} title=${name} onClick=${() => show(id)}>
        <span class="name" dir="auto">${name}</span>
        ${isDone && html`<span class="tick"><${Icon} name="done" />${t("reviewed")}</span>`}
        <span class="status">${isUnsaved && html`<b>${t("draft.row")}</b> · `}${doubtful}</span>
      </button>
    </li>
  `;
}

/** Up and down go from row to row; those out of sight come into it. @param {KeyboardEvent} event */
function walk(event) {
  const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (!by || event.altKey || event.ctrlKey || !(event.target instanceof Element)) return;
  const row = event.target.closest("li");
  const next = by > 0 ? row?.nextElementSibling : row?.previousElementSibling;
  event.preventDefault();
  next?.querySelector("button")?.focus();
}

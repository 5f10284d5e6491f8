// `?view=captions`: what is being said, in large letters over nothing, for a scene of OBS or a screen.

import { askJson } from "./api.js";
import { LiveSocket } from "./live_socket.js";
import { appended } from "./model/caption_lines.js";
import { NOTHING_TOLD, withMessage } from "./model/live.js";
import { say } from "./state.js";
import { html, render, signal, useEffect } from "./ui.js";

/** @typedef {import("./model/caption_lines.js").Line} Line */

// A pause of so long begins a new line.
const PAUSE_MS = 2000;
const KEY = "key.title";
// On a scene a note is for whoever sets it up, not for the audience.
const NOTE_MS = 8000;
// A sign of one column is about so wide, of its height, in strong letters.
const EM_OF_COLUMN = 0.6;
const WIDTH_SHARE = 0.94;
const DEFAULTS = { size: 0, lines: 2, columns: 42, hide_s: 8 };
const MOST = { size: 400, lines: 6, columns: 120, hide_s: 3600 };

/** Lines of what is final. @type {{value: readonly Line[]}} */
const lines = signal([]);
const told = signal(NOTHING_TOLD);
const isHidden = signal(false);
/** A key of messages; "" = it listens. */
const trouble = signal("");
/** @type {ReturnType<typeof setTimeout> | undefined} */
let noting;
let endedAt_ms = -Infinity;
let sessionId = "";
/** @type {LiveSocket | null} */
let socket = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let hiding;

/** How it is to look, as the address says it; what is no such value is left out. */
function chosenLook() {
  const query = new URLSearchParams(location.search);
  const number = (/** @type {keyof typeof DEFAULTS} */ name) => {
    const given = Number(query.get(name === "hide_s" ? "hide" : name) ?? NaN);
    return given >= (name === "hide_s" ? 0 : 1) && given <= MOST[name] ? given : DEFAULTS[name];
  };
  const colour = (/** @type {string} */ name) => {
    const given = query.get(name) ?? "";
    return CSS.supports("color", given) ? given : "";
  };
  return {
    size_px: number("size"),
    lineCount: Math.round(number("lines")),
    columns: Math.round(number("columns")),
    hide_s: number("hide_s"),
    colour: colour("colour") || colour("color"),
    background: colour("background"),
    session: query.get("session"),
  };
}

const look = chosenLook();

/** Characters of a line, where the letters have a size that leaves less room than was asked for. */
function columnsNow() {
  if (!look.size_px) return look.columns;
  const fit = Math.floor((innerWidth * WIDTH_SHARE) / (look.size_px * EM_OF_COLUMN));
  return Math.max(1, Math.min(look.columns, fit));
}

/** @param {string} key of messages; "" = nothing is wrong */
function note(key) {
  trouble.value = key;
  clearTimeout(noting);
  if (key && key !== KEY) noting = setTimeout(() => (trouble.value = ""), NOTE_MS);
}

/** Each session counts its phrases, and its time, from the beginning. @param {string} id */
function begin(id) {
  note("");
  if (id === sessionId) return;
  sessionId = id;
  told.value = NOTHING_TOLD;
  endedAt_ms = -Infinity;
}

/** @param {import("./model/live.js").Message} message */
function hear(message) {
  if (message.type === "ready") begin(message.session);
  if (message.type === "waiting") note("live.captions.waits");
  if (message.type === "error" && message.error.code === "no_session") {
    socket?.close(); // it does not come back
    note("live.captions.ended");
  }
  if (message.type !== "partial" && message.type !== "final") return;
  const before = told.value;
  told.value = withMessage(before, message);
  if (told.value === before) return;
  if (message.type === "final" && message.text) {
    lines.value = appended(lines.value, message.text, howFor(message));
    endedAt_ms = message.end_ms;
  }
  isHidden.value = false;
  clearTimeout(hiding);
  if (look.hide_s) hiding = setTimeout(() => (isHidden.value = true), look.hide_s * 1000);
}

/** @param {Record<string, any>} message */
function howFor({ start_ms, language }) {
  return { columns: columnsNow(), code: codeOf(language), isNew: start_ms - endedAt_ms >= PAUSE_MS };
}

async function cut() {
  try {
    await askJson("v1/models");
  } catch (failure) {
    // A socket does not say why it was refused.
    note(/** @type {any} */ (failure).status === 401 ? KEY : "live.captions.cut");
  }
}

function Captions() {
  const t = say.value;
  useEffect(() => {
    const greeting = () => ({ type: "watch", session: look.session, final: told.value.lastId });
    const given = { onGivenUp: () => {}, patience_ms: Infinity };
    socket = new LiveSocket({ greeting, onMessage: hear, onCut: cut, ...given });
  }, []);
  const shown = isHidden.value ? [] : shownLines();
  const fitting = `min(4.5rem, ${(100 * WIDTH_SHARE) / (look.columns * EM_OF_COLUMN)}vw)`;
  const style = { color: look.colour, fontSize: look.size_px ? `${look.size_px}px` : fitting };
  return html`
    <main class="captions" style=${style}>
      <h1 class="unseen">${t("live.title")}</h1>
      ${trouble.value && !shown.length && html`<p class="captions-note" role="status">${t(trouble.value)}</p>`}
      ${shown.map(
        (line) => html`
          <p class="caption-line" dir="auto">
            <span style=${{ background: look.background }}>
              ${line.map(({ text, isTail }) => (isTail ? html`<span class="tail">${text}</span>` : text))}
            </span>
          </p>
        `,
      )}
    </main>
  `;
}

/** @returns {readonly Line[]} */
function shownLines() {
  const { saying } = told.value;
  let all = lines.value;
  if (saying) {
    const how = howFor(saying);
    const settled = appended(all, saying.settled, how);
    const isNew = how.isNew && !saying.settled;
    all = appended(settled, saying.tail, { ...how, isNew, isTail: true });
  }
  return all.slice(-look.lineCount);
}

/** The code of a language that is named in English, as `Intl` may need it; it breaks lines, no more. */
const codeOf = (/** @type {string | null} */ name) => CODES[name ?? ""];
/** @type {Record<string, string>} */
const CODES = { Chinese: "zh", Cantonese: "yue", Japanese: "ja", Thai: "th" };

/** Show them in place of the page. @param {Element} root */
export function showCaptions(root) {
  document.documentElement.classList.add("captions-only");
  render(html`<${Captions} />`, root);
}

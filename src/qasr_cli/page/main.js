// Where it begins: the key, what the service has, then the page.

import { askJson, Failure, followJobs, post } from "./api.js";
import { lookForDrafts } from "./drafts.js";
import { loadRest } from "./later.js";
import { withEvents, withListed, withPiece } from "./model/jobs.js";
import { watchModels } from "./models.js";
import {
  begunAt_ms,
  choices,
  isOffline,
  jobs,
  limits,
  modelName,
  needsKey,
  notice,
  pieces,
  say,
  selected,
  selectedId,
  settings,
  tongue,
  view,
} from "./state.js";
import { batch, effect, html, render } from "./ui.js";
import { forgetJob, uploads } from "./uploads.js";
import { App } from "./views/app.js";
import { correction } from "./views/result.js";

const COME_AGAIN_MS = 5000;
const NOTICE_MS = 10_000;
// A service that was asked for all jobs tells of thousands at once.
const GATHERED_MS = 30;

/** What was told, and is not shown yet. @type {import("./model/jobs.js").Told[]} */
let told = [];

/** Exchange the key in the address, if there is one, for a cookie; it must not stay there. */
async function takeKey() {
  const key = new URLSearchParams(location.hash.slice(1)).get("key");
  if (key === null) return;
  history.replaceState(null, "", location.pathname + location.search);
  try {
    await post("api/session", { key });
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    needsKey.value = true;
  }
}

/** @param {string} key */
async function openWith(key) {
  await post("api/session", { key });
  needsKey.value = false;
  await begin();
}

async function begin() {
  try {
    const [chosen, most, models] = await Promise.all([
      askJson("api/choices"),
      askJson("v1/limits"),
      askJson("v1/models"),
    ]);
    batch(() => {
      choices.value = chosen;
      limits.value = most;
      modelName.value = models.data[0]?.id ?? "";
    });
    showView();
    await list();
    await lookForDrafts().catch(() => {}); // the browser keeps nothing here
    const onLost = () => (isOffline.value = true);
    followJobs({ onOpen: reopened, onLost, onRefused: begin, onEvent: hear });
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    if (failure.status === 401) needsKey.value = true;
    else setTimeout(begin, COME_AGAIN_MS);
    isOffline.value = failure.status !== 401;
  }
}

/**
 * Which jobs there are. What the page knows of one is newer: events tell all of them from the
 * beginning, but not what was removed while nobody listened.
 */
async function list() {
  const before = jobs.value;
  /** @type {{jobs: import("./model/jobs.js").Job[]}} */
  const listed = await askJson("api/jobs");
  const name = selected.value?.name;
  batch(() => {
    jobs.value = withListed(jobs.value, before, listed.jobs);
    forgetGone(before);
    // A service that edits in place gives new ids with every start.
    const known = listed.jobs.find((job) => job.in_place && job.name === name);
    const first = choices.value.editing ? listed.jobs[0] : listed.jobs.at(-1);
    selectedId.value ??= (known ?? first)?.id ?? null;
  });
}

function reopened() {
  isOffline.value = false;
  list().catch(() => (isOffline.value = true));
}

/**
 * @param {string} kind
 * @param {any} content
 */
function hear(kind, content) {
  if (!told.length) setTimeout(takeTold, GATHERED_MS);
  told.push({ kind, content });
}

function takeTold() {
  const [before, events] = [jobs.value, told];
  told = [];
  batch(() => {
    jobs.value = withEvents(before, events);
    forgetGone(before);
    for (const { kind, content } of events) {
      if (kind !== "segment") continue;
      const heard = withPiece(pieces.value.get(content.id) ?? [], content);
      pieces.value = new Map([...pieces.value, [content.id, heard]]);
    }
    for (const { content } of events) {
      const isAtWork = jobs.value.get(content.id)?.state === "working";
      if (isAtWork && !begunAt_ms.has(content.id)) begunAt_ms.set(content.id, performance.now());
    }
  });
}

/** @param {import("./model/jobs.js").Jobs} before */
function forgetGone(before) {
  const now = jobs.value;
  for (const id of before.keys()) if (!now.has(id)) forgetJob(id);
}

function showView() {
  const asked = location.hash.slice(1);
  const isListening = (asked === "record" || asked === "live") && !choices.value.editing;
  view.value = isListening ? asked : "files";
}

addEventListener("hashchange", showView);
addEventListener("beforeunload", (event) => {
  const isSending = uploads.value.some(({ state }) => state !== "failed");
  const isUnsaved = correction.value && correction.value.saveState.value !== "saved";
  if (isSending || isUnsaved) event.preventDefault();
});
effect(() => {
  const root = document.documentElement;
  root.lang = tongue.value === "zh" ? "zh-CN" : "en";
  if (settings.value.theme) root.dataset.theme = settings.value.theme;
  else delete root.dataset.theme;
  document.title = say.value("page.title");
});
effect(() => {
  if (!notice.value) return;
  const timer = setTimeout(() => (notice.value = ""), NOTICE_MS);
  return () => clearTimeout(timer);
});

const root = /** @type {Element} */ (document.getElementById("app"));
if (new URLSearchParams(location.search).get("view") === "captions") {
  await takeKey();
  (await import("./captions.js")).showCaptions(root);
} else {
  render(html`<${App} openWith=${openWith} />`, root);
  await takeKey();
  showView();
  if (!needsKey.value) await begin();
  void watchModels();
  loadRest();
}

// Where it begins: the key, what the service has, then the page.

import { askJson, Failure, followJobs, post } from "./api.js";
import { withEvent, withPiece } from "./model/jobs.js";
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
    await list();
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
  const before = [...jobs.value.keys()];
  /** @type {{jobs: import("./model/jobs.js").Job[]}} */
  const listed = await askJson("api/jobs");
  const ids = new Set(listed.jobs.map(({ id }) => id));
  for (const id of before) if (!ids.has(id)) forgetJob(id);
  const unknown = listed.jobs.filter(({ id }) => !jobs.value.has(id));
  jobs.value = new Map([...jobs.value, ...unknown.map((job) => /** @type {const} */ ([job.id, job]))]);
  selectedId.value ??= listed.jobs.at(-1)?.id ?? null;
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
  if (kind === "segment") {
    const heard = withPiece(pieces.value.get(content.id) ?? [], content);
    pieces.value = new Map([...pieces.value, [content.id, heard]]);
    return;
  }
  if (content.state === "cancelled") {
    forgetJob(content.id);
    return;
  }
  jobs.value = withEvent(jobs.value, kind, content);
  const job = jobs.value.get(content.id);
  if (job?.state === "working" && !begunAt_ms.has(job.id)) {
    begunAt_ms.set(job.id, performance.now());
  }
}

function showView() {
  view.value = location.hash === "#record" ? "record" : "files";
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

render(html`<${App} openWith=${openWith} />`, /** @type {Element} */ (document.getElementById("app")));
await takeKey();
showView();
if (!needsKey.value) await begin();
void watchModels();

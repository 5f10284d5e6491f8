// How the models are: asked often while somebody waits for them, not at all while nobody looks.

import { askJson, Failure, post } from "./api.js";
import { isOpen } from "./model/jobs.js";
import { jobs, memoryBytes, modelState } from "./state.js";
import { batch } from "./ui.js";

const OFTEN_MS = 1000;
const SELDOM_MS = 5000;
const HURRIES_FOR_MS = 15_000;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
let hurriesUntil_ms = -Infinity;

/** Begin to ask, now and from now on. */
export async function watchModels() {
  clearTimeout(timer);
  if (document.visibilityState === "visible") await look();
  const isAwaited =
    modelState.value === "loading" ||
    performance.now() < hurriesUntil_ms ||
    [...jobs.value.values()].some(isOpen);
  clearTimeout(timer);
  timer = setTimeout(watchModels, isAwaited ? OFTEN_MS : SELDOM_MS);
}

/** @param {"load" | "unload"} what */
export async function askModelsTo(what) {
  await post(`api/${what}`);
  hurriesUntil_ms = performance.now() + HURRIES_FOR_MS;
  await watchModels();
}

async function look() {
  try {
    const { state, memory_bytes } = await askJson("healthz");
    batch(() => {
      modelState.value = state;
      memoryBytes.value = memory_bytes ?? null;
    });
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    modelState.value = failure.status === 503 ? "failed" : "offline";
  }
}

document.addEventListener("visibilitychange", () => void watchModels());

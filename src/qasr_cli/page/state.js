// What the page knows, as signals: whatever shows one is drawn again when it changes.

import { learn, MESSAGES, reasonOf, sayer, tongueOf } from "./messages.js";
import { remember, remembered } from "./model/settings.js";
import { computed, effect, signal } from "./ui.js";

/** @typedef {import("./model/jobs.js").Jobs} Jobs */
/** @typedef {import("./messages.js").Tongue} Tongue */
/** @typedef {import("./model/jobs.js").Piece} Piece */
/** @typedef {import("./model/settings.js").Settings} Settings */
/** @typedef {{message: string, code?: string | null, values?: Record<string, string | number>}} Reason */

export const settings = signal(remembered(localStorage));

/** @param {Partial<Settings>} some */
export function choose(some) {
  settings.value = { ...settings.value, ...some };
}

effect(() => remember(localStorage, settings.value));

/** @type {{value: Tongue, peek: () => Tongue}} */
const wanted = computed(() => tongueOf([settings.value.tongue, ...navigator.languages].filter(Boolean)));
await learn(wanted.value);
/** The language of the page; the one before stays until another is learned. @type {{value: Tongue}} */
export const tongue = signal(wanted.value);
effect(() => {
  const next = wanted.value;
  const speak = () => {
    if (wanted.peek() === next) tongue.value = next;
  };
  learn(next).then(speak, () => (notice.value = say.value("offline")));
});
export const say = computed(() => sayer(tongue.value));

/**
 * A message that there may not be, since the service may know more than the page does.
 *
 * @param {string} key
 * @param {string} otherwise
 */
export function sayOr(key, otherwise) {
  return key in MESSAGES[tongue.value] ? say.value(key) : otherwise;
}

/** @param {Reason} reason */
export function inWords(reason) {
  return reasonOf(say.value, tongue.value, reason);
}

/** @type {{value: "files" | "record" | "live"}} */
export const view = signal("files");

export const modelState = signal("loading");
/** What the service holds, its models included; null where nobody says. @type {{value: number | null}} */
export const memoryBytes = signal(null);
export const modelName = signal("");
export const needsKey = signal(false);
export const isOffline = signal(false);

/** @type {{value: {max_upload_bytes: number} | null}} */
export const limits = signal(null);

/** @type {{value: {languages: {name: string, code: string}[], profiles: string[],
 *   formats: {name: string, suffix: string, has_cues: boolean}[], suffixes: string[],
 *   editing?: {name: string} | null}}} `editing`: what was named to be edited in place */
export const choices = signal({ languages: [], profiles: [], formats: [], suffixes: [] });

/** @type {{value: Jobs}} */
export const jobs = signal(new Map());
/** @type {{value: string | null}} */
export const selectedId = signal(null);
export const selected = computed(() => jobs.value.get(selectedId.value ?? "") ?? null);

/** What was heard so far of the jobs at work, by id. @type {{value: ReadonlyMap<string, readonly Piece[]>}} */
export const pieces = signal(new Map());
/** When a job was first seen at work. @type {Map<string, number>} */
export const begunAt_ms = new Map();

/** One line that is said and shown for a moment. */
export const notice = signal("");

/** Languages by their names in the language of the page. */
export const languageNames = computed(() => {
  const names = new Intl.DisplayNames([tongue.value], { type: "language" });
  return new Map(
    choices.value.languages.map(({ name, code }) => [name, names.of(code) ?? name]),
  );
});

/**
 * The code that `lang` takes for the name of a language.
 *
 * @param {string | null} name
 */
export function codeOfLanguage(name) {
  return choices.value.languages.find((each) => each.name === name)?.code;
}

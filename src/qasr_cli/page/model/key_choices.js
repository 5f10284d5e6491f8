// The keys as somebody wants them, over the table of keys.

import { BINDINGS, keysByAct } from "./keys.js";

/** @typedef {import("./keys.js").Binding} Binding */

/**
 * @typedef {object} KeyChoices
 * @property {Readonly<Record<string, readonly string[]>>} keys by act, of those that were changed
 * @property {boolean} hasSingle whether keys without Ctrl or Alt act where nobody types
 */

const KEY = "qasr.keys";
/** @type {Readonly<KeyChoices>} */
export const UNCHANGED = { keys: {}, hasSingle: true };

// What texts, lists and buttons want for themselves, and browsers do not give away.
const OF_FIELDS = /^(Shift\+)?(Enter|Backspace|Delete|Insert|Arrow\w+|Home|End|PageUp|PageDown|Tab|Escape)$|^Ctrl\+[ACVX]$/;
const OF_BROWSERS = /^(F5|F11|F12|Ctrl\+(Shift\+)?[NRTWQ]|Ctrl\+(Shift\+)?Tab|Alt\+F4|ContextMenu)$/;

/**
 * The table of keys with what somebody changed.
 *
 * @param {KeyChoices} choices
 * @returns {readonly Binding[]}
 */
export function bindingsWith({ keys, hasSingle }) {
  const all = [...keysByAct().keys()].flatMap((act) => {
    const own = keys[act];
    const table = BINDINGS.filter((each) => each.act === act);
    if (!own) return table;
    return own.map((key) => ({ act, keys: [key], where: placeOf(act, key) }));
  });
  return hasSingle ? all : all.filter((each) => !each.keys.every(isSingle));
}

/**
 * Whether an act can have a key: another may have it, a field or the browser may want it.
 *
 * @param {KeyChoices} choices
 * @param {string} act
 * @param {string} key
 * @returns {{kind: "free" | "field" | "browser"} | {kind: "clash", act: string}}
 */
export function verdictOn(choices, act, key) {
  const isItsOwn = keysByAct().get(act)?.includes(key);
  if (!isItsOwn && OF_FIELDS.test(key)) return { kind: "field" };
  if (OF_BROWSERS.test(key)) return { kind: "browser" };
  // Also where single keys are off: they may be wanted again.
  const all = bindingsWith({ ...choices, hasSingle: true });
  const other = all.find((each) => each.act !== act && each.keys.includes(key));
  return other ? { kind: "clash", act: other.act } : { kind: "free" };
}

/**
 * One key for an act, and no other; whoever had it has it no more.
 *
 * @param {KeyChoices} choices
 * @param {string} act
 * @param {string} key
 * @returns {KeyChoices}
 */
export function withKey(choices, act, key) {
  const freed = withoutThese(choices, act, [key]);
  return { ...freed, keys: { ...freed.keys, [act]: [key] } };
}

/**
 * No key for an act.
 *
 * @param {KeyChoices} choices
 * @param {string} act
 * @returns {KeyChoices}
 */
export function withNoKey(choices, act) {
  return { ...choices, keys: { ...choices.keys, [act]: [] } };
}

/**
 * The keys of the table for an act.
 *
 * @param {KeyChoices} choices
 * @param {string} act
 * @returns {KeyChoices}
 */
export function withOwnKeys(choices, act) {
  const freed = withoutThese(choices, act, keysByAct().get(act) ?? []);
  const { [act]: _, ...keys } = freed.keys;
  return { ...freed, keys };
}

/**
 * What is remembered; unchanged keys where nothing is, or it is damaged.
 *
 * @param {Pick<Storage, "getItem">} storage
 * @returns {KeyChoices}
 */
export function rememberedKeys(storage) {
  /** @type {any} */
  let found = {};
  try {
    found = Object(JSON.parse(storage.getItem(KEY) ?? "{}"));
  } catch {
    // Damaged, or the browser gives no storage.
  }
  const known = keysByAct();
  const areKeys = (/** @type {unknown} */ all) =>
    Array.isArray(all) && all.every((each) => typeof each === "string" && each);
  const keys = Object.entries(Object(found.keys)).filter(([act, all]) => known.has(act) && areKeys(all));
  return { keys: Object.fromEntries(keys), hasSingle: found.hasSingle !== false };
}

/**
 * @param {Pick<Storage, "setItem">} storage
 * @param {KeyChoices} choices
 */
export function rememberKeys(storage, choices) {
  try {
    storage.setItem(KEY, JSON.stringify(choices));
  } catch {
    // A browser that keeps nothing still works.
  }
}

/** Whether a key makes a sign when it is typed. @param {string} key */
function isSingle(key) {
  return /^(Shift\+)?.$/u.test(key);
}

/**
 * @param {string} act
 * @param {string} key
 * @returns {Binding["where"]}
 */
function placeOf(act, key) {
  if (isSingle(key)) return "outside";
  const same = BINDINGS.find((each) => each.act === act && each.keys.includes(key));
  if (same) return same.where;
  const isText = BINDINGS.filter((each) => each.act === act).every(({ where }) => where === "text");
  return isText ? "text" : "anywhere";
}

/**
 * @param {KeyChoices} choices
 * @param {string} act that gets them
 * @param {readonly string[]} gone
 * @returns {KeyChoices}
 */
function withoutThese(choices, act, gone) {
  const all = keysByAct(bindingsWith({ ...choices, hasSingle: true }));
  const changed = [...all].filter(([each, keys]) => each !== act && keys.some((key) => gone.includes(key)));
  const left = changed.map(([each, keys]) => [each, keys.filter((key) => !gone.includes(key))]);
  return { ...choices, keys: { ...choices.keys, ...Object.fromEntries(left) } };
}

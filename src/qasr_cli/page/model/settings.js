// What is chosen once and remembered by the browser.

/**
 * @typedef {object} Settings
 * @property {string} language of the recordings; "" = found out
 * @property {string} context
 * @property {string} hotwords
 * @property {string} profile "" = as the service does it
 * @property {string} format of what is downloaded
 * @property {boolean} startsAtOnce
 * @property {string} microphone "" = the browser's own choice
 * @property {boolean} keepsSound of what is said live
 * @property {boolean} largeCaptions while it is said
 * @property {string} theme "light", "dark"; "" = as the system has it
 * @property {string} tongue of the page; "" = as the browser has it
 */

const KEY = "qasr.settings";

/** @type {Readonly<Settings>} */
export const DEFAULTS = {
  language: "",
  context: "",
  hotwords: "",
  profile: "",
  format: "srt",
  startsAtOnce: true,
  microphone: "",
  keepsSound: true,
  largeCaptions: false,
  theme: "",
  tongue: "",
};

/**
 * What is remembered; the default of what is not, or is no such value.
 *
 * @param {Pick<Storage, "getItem">} storage
 * @returns {Settings}
 */
export function remembered(storage) {
  /** @type {Record<string, unknown>} */
  let found = {};
  try {
    found = Object(JSON.parse(storage.getItem(KEY) ?? "{}"));
  } catch {
    // Damaged, or the browser gives no storage: the defaults do.
  }
  const known = Object.entries(DEFAULTS).map(([name, value]) => [
    name,
    typeof found[name] === typeof value ? found[name] : value,
  ]);
  return Object.fromEntries(known);
}

/**
 * @param {Pick<Storage, "setItem">} storage
 * @param {Settings} settings
 */
export function remember(storage, settings) {
  try {
    storage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // A browser that keeps nothing still works.
  }
}

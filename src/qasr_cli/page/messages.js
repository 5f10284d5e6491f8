// Says things in the language of the reader. A test holds the keys of both equal.

/** @typedef {string | {one?: string, other: string}} Message */
/** @typedef {"en" | "zh"} Tongue */

/** What can be said in the languages that were learned. @type {Record<Tongue, Record<string, Message>>} */
export const MESSAGES = /** @type {any} */ ({});

const TABLES = {
  en: () => [import("./messages_en.js"), import("./messages_editor_en.js")],
  zh: () => [import("./messages_zh.js"), import("./messages_editor_zh.js")],
};

/**
 * Have what can be said in a language: only then it is spoken. Most readers never need another.
 *
 * @param {Tongue} tongue
 */
export async function learn(tongue) {
  if (MESSAGES[tongue]) return;
  const tables = await Promise.all(/** @type {Promise<object>[]} */ (TABLES[tongue]()));
  MESSAGES[tongue] = Object.assign({}, ...tables.flatMap(Object.values));
}

/**
 * The language of the page for somebody who prefers these, the first most.
 *
 * @param {readonly string[]} preferred
 * @returns {Tongue}
 */
export function tongueOf(preferred) {
  for (const each of preferred) {
    const tongue = each.toLowerCase().split("-")[0];
    if (tongue === "en" || tongue === "zh") return tongue;
  }
  return "en";
}

/** @typedef {(key: string, values?: Record<string, string | number>) => string} Say */

/**
 * Says things in one language.
 *
 * @param {Tongue} tongue
 * @returns {Say}
 */
export function sayer(tongue) {
  const rules = new Intl.PluralRules(tongue);
  return (key, values = {}) => {
    const message = MESSAGES[tongue][key];
    if (message === undefined) throw new Error(`no message ${key}`);
    const form =
      typeof message === "string"
        ? message
        : (rules.select(Number(values.count)) === "one" && message.one) || message.other;
    return form.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
  };
}

/**
 * Why something failed, in plain words; what the service says where we know no better.
 *
 * @param {Say} say
 * @param {Tongue} tongue
 * @param {{message: string, code?: string | null, values?: Record<string, string | number>}} error
 * @returns {string}
 */
export function reasonOf(say, tongue, { message, code, values }) {
  if (code && `error.${code}` in MESSAGES[tongue]) {
    return say(`error.${code}`, { message, ...values });
  }
  return message;
}

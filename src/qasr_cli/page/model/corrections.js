// Rules for `--corrections`: what was put right once, put right everywhere. The table is the one of
// docs/corrections.md; its patterns are Python's.

import { withoutBreaks } from "./plain_text.js";
import { matched, wordsOf } from "./word_match.js";

/** @typedef {import("./cues.js").Cue} Cue */
/** @typedef {import("./search.js").Query} Query */

/**
 * A row of the table.
 * @typedef {object} Rule
 * @property {string} find
 * @property {string} replace
 * @property {string} language its code; "" = all
 * @property {boolean} isPattern
 * @property {boolean} isWord
 */

const HEAD = "# find\treplace\tlanguage\thow\n";
const DENSE = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]+$/u;
const MOST_SUGGESTED = 200;

/**
 * The file.
 *
 * @param {readonly Rule[]} rules
 * @returns {string}
 */
export function tableOf(rules) {
  return HEAD + rules.map((rule) => `${rowOf(rule)}\n`).join("");
}

/**
 * @param {Rule} rule
 * @returns {string} without the end of the line
 */
export function rowOf({ find, replace, language, isPattern, isWord }) {
  let [wanted, written, isRegex] = [find, replace, isPattern];
  // Tabs part columns, and a row that begins with # says nothing.
  if (!isRegex && /^#|[\t\n]/.test(wanted)) [wanted, written, isRegex] = [quoted(wanted), written.replaceAll("\\", "\\\\"), true];
  if (isRegex) {
    wanted = wanted.replaceAll("\t", "\\t").replaceAll("\n", "\\s+").replace(/^#/, "[#]");
    written = written.replaceAll("\t", "\\t");
  }
  written = written.replace(/[\t\n]/g, " ");
  const how = [isRegex ? "regex" : "", isWord ? "word" : ""].filter(Boolean).join(", ");
  return [wanted, written, language, how].join("\t").replace(/\t+$/, (tabs) => (written ? "" : tabs.slice(0, 1)));
}

/**
 * The rule that does what was searched and replaced; null where Python has no such pattern.
 *
 * @param {Query} query
 * @param {string} replacement
 * @param {string} language code
 * @returns {Rule | null}
 */
export function ruleOfQuery(query, replacement, language) {
  const isWord = Boolean(query.isWhole);
  const plain = withoutBreaks(query.text) || query.text;
  const isCased = query.hasCase || !hasCase(plain);
  if (!query.isPattern && isCased) {
    return { find: plain, replace: replacement, language, isPattern: false, isWord };
  }
  const source = query.isPattern ? pythonPattern(query.text) : quoted(plain);
  if (source === null) return null;
  const find = query.hasCase || !hasCase(source) ? source : `(?i:${source})`;
  const replace = query.isPattern
    ? pythonReplacement(replacement, groupCountOf(query.text))
    : replacement.replaceAll("\\", "\\\\");
  return { find, replace, language, isPattern: true, isWord };
}

/**
 * What was changed in texts, word for word, each once.
 *
 * @param {readonly Cue[]} before
 * @param {readonly Cue[]} after
 * @param {string} language code
 * @returns {Rule[]}
 */
export function rulesOfEdits(before, after, language) {
  const texts = new Map(before.map(({ id, text }) => [id, text]));
  /** @type {Map<string, Rule>} */
  const rules = new Map();
  for (const { id, text } of after) {
    const old = texts.get(id);
    if (old === undefined || old === text || rules.size >= MOST_SUGGESTED) continue;
    for (const { find, replace } of changesOf(withoutBreaks(old), withoutBreaks(text))) {
      const rule = { find, replace, language, isPattern: false, isWord: !DENSE.test(find) };
      rules.set(rowOf(rule), rule);
    }
  }
  return [...rules.values()];
}

/**
 * The words that became others. What came in, or went, is no rule by itself.
 *
 * @param {string} before
 * @param {string} after
 */
function* changesOf(before, after) {
  const [old, now] = [wordsOf(before), wordsOf(after)];
  const pairs = [...matched(old, now), /** @type {const} */ ([now.length, old.length])];
  let [fromNow, fromOld] = [0, 0];
  for (const [atNow, atOld] of pairs) {
    const [first, last] = [stretch(old, before, fromOld, atOld), stretch(now, after, fromNow, atNow)];
    if (first.text && last.text) yield around(first, last, before, after);
    [fromNow, fromOld] = [atNow + 1, atOld + 1];
  }
}

/**
 * @typedef {{text: string, from: number, to: number}} Place
 *
 * @param {readonly string[]} words
 * @param {string} text
 * @param {number} first
 * @param {number} end
 * @returns {Place}
 */
function stretch(words, text, first, end) {
  let at = 0;
  let [from, to] = [0, 0];
  for (const [each, word] of words.slice(0, end).entries()) {
    const place = text.indexOf(word, at);
    if (each === first) from = place;
    at = to = place + word.length;
  }
  return end > first ? { text: text.slice(from, to), from, to } : { text: "", from: 0, to: 0 };
}

/**
 * A single sign of a script without spaces is too little to be sure: its neighbours come along.
 *
 * @param {Place} first
 * @param {Place} last
 * @param {string} before
 * @param {string} after
 */
function around(first, last, before, after) {
  const common = commonEnds(first.text, last.text);
  if (!DENSE.test(first.text) || [...first.text].length > 1) return common;
  const neighbour = (/** @type {string} */ sign) => (DENSE.test(sign) ? sign : "");
  const [left, right] = [neighbour(before[first.from - 1] ?? ""), neighbour(before[first.to] ?? "")];
  const isSame = left === neighbour(after[last.from - 1] ?? "") && right === neighbour(after[last.to] ?? "");
  return isSame ? { find: left + first.text + right, replace: left + last.text + right } : common;
}

/**
 * Two texts without the punctuation that both have at their ends.
 *
 * @param {string} find
 * @param {string} replace
 */
function commonEnds(find, replace) {
  const marks = /[\p{P}\p{S}]+$/u.exec(find)?.[0] ?? "";
  if (marks && find !== marks && replace !== marks && replace.endsWith(marks)) {
    return { find: find.slice(0, -marks.length), replace: replace.slice(0, -marks.length) };
  }
  return { find, replace };
}

/** A text as a pattern that finds it. @param {string} text */
function quoted(text) {
  return text.replace(/[\\^$.*+?()[\]{}|#&~-]/g, "\\$&");
}

/** Whether a text has letters of two cases. @param {string} text */
function hasCase(text) {
  return text.toLowerCase() !== text.toUpperCase();
}

/**
 * A pattern of JavaScript as Python writes it; null where it has none that means the same.
 *
 * @param {string} source that JavaScript takes
 * @returns {string | null}
 */
export function pythonPattern(source) {
  // What looks back at a length that is not fixed, classes of Unicode, single control signs.
  if (/\\[pPc]|\(\?<[=!][^)]*[*+?{|]|\(\?[-a-z]+:/.test(source)) return null;
  let isInClass = false;
  const parts = source.matchAll(/\\u\{([0-9a-f]+)\}|\\k<(\w+)>|\\.|\(\?<(?![=!])|\[\^\]|\[\]|[\s\S]/giu);
  let pattern = "";
  for (const [part, code, name] of parts) {
    if (code) pattern += quoted(String.fromCodePoint(parseInt(code, 16)));
    else if (name) pattern += `(?P=${name})`;
    else if (part === "(?<" && !isInClass) pattern += "(?P<";
    else if (part === "[^]" && !isInClass) pattern += "[\\s\\S]";
    else if (part === "[]" && !isInClass) pattern += "(?!)";
    else if (isInClass && /^[[&~|]$/.test(part)) pattern += `\\${part}`;
    else pattern += part;
    if (part === "[") isInClass = true;
    if (part === "]") isInClass = false;
  }
  return pattern;
}

/** @param {string} source */
function groupCountOf(source) {
  return (new RegExp(`${source}|`, "u").exec("")?.length ?? 1) - 1;
}

/**
 * A replacement as Python writes it.
 *
 * @param {string} replacement
 * @param {number} groupCount
 */
function pythonReplacement(replacement, groupCount) {
  return replacement.replace(/\\|\$(?:(\$)|(&)|(\d)|<([^>]*)>)/g, (whole, dollar, all, digit, name) => {
    if (whole === "\\") return "\\\\";
    if (dollar) return "$";
    if (all) return "\\g<0>";
    if (name !== undefined) return `\\g<${name}>`;
    return digit >= 1 && digit <= groupCount ? `\\g<${digit}>` : whole;
  });
}

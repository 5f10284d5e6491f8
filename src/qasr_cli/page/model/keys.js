// Which keys do what. One table: the page acts by it, and shows it.

/**
 * @typedef {object} Binding
 * @property {string} act
 * @property {readonly string[]} keys as `Ctrl+Shift+Enter`
 * @property {"text" | "anywhere" | "outside"} where inside a cue's text, in any field or none, or
 *   only where nobody types
 */

/** @typedef {Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey" | "isComposing">} Pressed */

const MODIFIERS = new Set(["Control", "Alt", "AltGraph", "Shift", "Meta", "Dead", "Process", "Unidentified"]);

/** @type {readonly Binding[]} */
export const BINDINGS = [
  { act: "play", keys: ["Ctrl+ "], where: "anywhere" },
  { act: "play", keys: [" "], where: "outside" },
  { act: "play_cue", keys: ["F4"], where: "anywhere" },
  { act: "back", keys: ["Ctrl+J"], where: "anywhere" },
  { act: "forward", keys: ["Ctrl+L"], where: "anywhere" },
  { act: "back_far", keys: ["Ctrl+Shift+J"], where: "anywhere" },
  { act: "forward_far", keys: ["Ctrl+Shift+L"], where: "anywhere" },
  { act: "frame_back", keys: ["Ctrl+,"], where: "anywhere" },
  { act: "frame_forward", keys: ["Ctrl+."], where: "anywhere" },
  { act: "speed_1", keys: ["Alt+1"], where: "anywhere" },
  { act: "speed_2", keys: ["Alt+2"], where: "anywhere" },
  { act: "speed_3", keys: ["Alt+3"], where: "anywhere" },
  { act: "speed_4", keys: ["Alt+4"], where: "anywhere" },
  { act: "next", keys: ["Enter"], where: "text" },
  { act: "next", keys: ["Alt+ArrowDown"], where: "anywhere" },
  { act: "previous", keys: ["Alt+ArrowUp"], where: "anywhere" },
  { act: "split", keys: ["Ctrl+Enter"], where: "text" },
  { act: "merge_previous", keys: ["Ctrl+Backspace"], where: "text" },
  { act: "merge_next", keys: ["Ctrl+Delete"], where: "text" },
  { act: "wrap", keys: ["F2"], where: "anywhere" },
  { act: "insert", keys: ["Ctrl+Shift+Enter"], where: "anywhere" },
  { act: "delete", keys: ["Ctrl+Shift+Backspace"], where: "anywhere" },
  { act: "start_here", keys: ["F9"], where: "anywhere" },
  { act: "end_here", keys: ["F10"], where: "anywhere" },
  { act: "start_earlier", keys: ["Alt+ArrowLeft"], where: "anywhere" },
  { act: "start_later", keys: ["Alt+ArrowRight"], where: "anywhere" },
  { act: "end_earlier", keys: ["Alt+Shift+ArrowLeft"], where: "anywhere" },
  { act: "end_later", keys: ["Alt+Shift+ArrowRight"], where: "anywhere" },
  { act: "undo", keys: ["Ctrl+Z"], where: "anywhere" },
  { act: "redo", keys: ["Ctrl+Y", "Ctrl+Shift+Z"], where: "anywhere" },
  { act: "find", keys: ["Ctrl+F"], where: "anywhere" },
  { act: "replace", keys: ["Ctrl+H"], where: "anywhere" },
  { act: "next_problem", keys: ["F8"], where: "anywhere" },
  { act: "previous_problem", keys: ["Shift+F8"], where: "anywhere" },
  { act: "next_doubt", keys: ["F7"], where: "anywhere" },
  { act: "previous_doubt", keys: ["Shift+F7"], where: "anywhere" },
  { act: "reviewed", keys: ["Alt+Enter"], where: "anywhere" },
  { act: "download", keys: ["Ctrl+S"], where: "anywhere" },
  { act: "help", keys: ["?"], where: "outside" },
  { act: "help", keys: ["F1"], where: "anywhere" },
  { act: "leave", keys: ["Escape"], where: "anywhere" },
];

/**
 * A pressed key as the table writes it; null while it is no more than Ctrl, Alt or Shift, or somebody
 * composes a character (Chinese).
 *
 * @param {Pressed} event
 * @returns {string | null}
 */
export function nameOfKey(event) {
  if (event.isComposing || MODIFIERS.has(event.key)) return null;
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const isSign = key.length === 1 && !/[A-Z ]/.test(key); // its own key may want Shift
  const parts = [
    event.ctrlKey || event.metaKey ? "Ctrl+" : "",
    event.altKey ? "Alt+" : "",
    event.shiftKey && !isSign ? "Shift+" : "",
    key,
  ];
  return parts.join("");
}

/**
 * What a pressed key does, or null.
 *
 * @param {Pressed} event
 * @param {"text" | "field" | "none"} typing where the focus is
 * @param {readonly Binding[]} [bindings]
 * @returns {string | null}
 */
export function actOf(event, typing, bindings = BINDINGS) {
  const key = nameOfKey(event);
  const found = key && bindings.find(({ keys }) => keys.includes(key));
  if (!found) return null;
  const isHere =
    found.where === "anywhere" ||
    (found.where === "text" && typing === "text") ||
    (found.where === "outside" && typing === "none");
  return isHere ? found.act : null;
}

/**
 * The keys of each act, in the order of the table.
 *
 * @param {readonly Binding[]} [bindings]
 * @returns {Map<string, string[]>}
 */
export function keysByAct(bindings = BINDINGS) {
  /** @type {Map<string, string[]>} */
  const shown = new Map();
  for (const { act, keys } of bindings) shown.set(act, [...(shown.get(act) ?? []), ...keys]);
  return shown;
}

/** A key for people. @param {string} key */
export function keyInWords(key) {
  return key.replace(/ $/, "Space").replace("Arrow", "").replace("Escape", "Esc");
}

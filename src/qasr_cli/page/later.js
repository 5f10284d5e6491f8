// Parts of the page that are loaded once they are shown, or after all that is shown at first.

import { notice, say } from "./state.js";
import { html, signal, useEffect } from "./ui.js";

/** @type {(() => Promise<void>)[]} */
const parts = [];

/**
 * A component that is loaded later. Nothing stands in its place meanwhile.
 *
 * @template {object} Given
 * @param {() => Promise<(given: Given) => any>} load
 * @returns {(given: Given) => any}
 */
export function later(load) {
  const { Later, have } = loading(load);
  parts.push(have);
  return Later;
}

/**
 * The same, but never before it is shown: without the service it would do nothing.
 *
 * @template {object} Given
 * @param {() => Promise<(given: Given) => any>} load
 * @returns {(given: Given) => any}
 */
export function onDemand(load) {
  return loading(load).Later;
}

/**
 * @template {object} Given
 * @param {() => Promise<(given: Given) => any>} load
 */
function loading(load) {
  /** @type {{value: {Part: (given: Given) => any} | null}} */
  const loaded = signal(null);
  const have = async () => {
    loaded.value ??= { Part: await load() };
  };
  return {
    have,
    Later(/** @type {Given} */ given) {
      useEffect(() => {
        have().catch(() => (notice.value = say.value("offline")));
      }, []);
      return loaded.value && html`<${loaded.value.Part} ...${given} />`;
    },
  };
}

/** Load what nobody has asked for, so that it is there when the service is not. */
export function loadRest() {
  for (const have of parts) have().catch(() => {}); // whoever wants it is told
}

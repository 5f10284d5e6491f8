// Random values that are the same in every run.

/** @param {number} seed */
export function randomiser(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (/** @type {number} */ least, /** @type {number} */ most) =>
    least + Math.floor(next() * (most - least + 1));
  return {
    whole,
    /** @template T @param {readonly T[]} all @returns {T} */
    one: (all) => all[whole(0, all.length - 1)],
  };
}

const TEXTS = ["", "a", "two words", "我在家喝茶吗？", "שלום עולם", "line one\nline two", "a-b, c."];

/**
 * Cues as a service could give them.
 *
 * @param {ReturnType<typeof randomiser>} random
 */
export function randomCues(random) {
  let time_ms = 0;
  return Array.from({ length: random.whole(0, 12) }, (_, at) => {
    const start_ms = time_ms + random.whole(0, 900);
    const end_ms = start_ms + random.whole(100, 4000);
    time_ms = random.whole(start_ms, end_ms); // some overlap
    const text = random.one(TEXTS);
    const words = random.whole(0, 1) ? { words: wordsOf(text, start_ms, end_ms) } : {};
    return { id: `cue-${at}`, start_ms, end_ms, text, speaker: random.one([null, "A", "B"]), ...words };
  });
}

/** @param {string} text @param {number} start_ms @param {number} end_ms */
function wordsOf(text, start_ms, end_ms) {
  const texts = text.split(/\s+/).filter(Boolean);
  const step = (end_ms - start_ms) / Math.max(1, texts.length);
  return texts.map((each, at) => ({
    text: each,
    start_ms: Math.round(start_ms + at * step),
    end_ms: Math.round(start_ms + (at + 1) * step),
  }));
}

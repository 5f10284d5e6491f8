// What a live session has told so far, and how much of what was sent is kept for it.

/**
 * @typedef {object} Said a phrase that never changes again
 * @property {number} id
 * @property {number} start_ms
 * @property {string} text
 * @property {string | null} language
 *
 * @typedef {object} Saying a phrase that is being spoken
 * @property {number} id
 * @property {number} start_ms
 * @property {string} settled
 * @property {string} tail what the next look may change
 * @property {string | null} language
 *
 * @typedef {object} Told
 * @property {readonly Said[]} said in the order of times
 * @property {Saying | null} saying
 * @property {number} lag_s how far the text is behind the sound; 0 = it keeps up
 * @property {number} lastId of the phrases that are final
 *
 * @typedef {Record<string, any> & {type: string}} Message
 */

/** @type {Readonly<Told>} */
export const NOTHING_TOLD = { said: [], saying: null, lag_s: 0, lastId: -1 };

// What is seen of it; all of it is in the transcript at the end.
const MOST_SAID = 300;
const HIGHEST = 0x7fff;

/**
 * What was told, after one message more. A service that is come back to tells some of it again.
 *
 * @param {Told} told
 * @param {Message} message
 * @returns {Told}
 */
export function withMessage(told, message) {
  if (message.type === "partial") {
    if (message.id <= told.lastId) return told;
    const { id, start_ms, settled, tail, language } = message;
    return { ...told, saying: { id, start_ms, settled, tail, language } };
  }
  if (message.type === "lag") return { ...told, lag_s: message.seconds };
  if (message.type !== "final" || message.id <= told.lastId) return told;
  const { id, start_ms, text, language } = message;
  const said = text ? [...told.said, { id, start_ms, text, language }].slice(-MOST_SAID) : told.said;
  const saying = told.saying && told.saying.id > id ? told.saying : null;
  return { ...told, said, saying, lastId: id };
}

/**
 * Sound as it is sent: whole numbers of two bytes, the low one first.
 *
 * @param {Float32Array} samples -1 to 1
 * @returns {Int16Array<ArrayBuffer>}
 */
export function wholeNumbers(samples) {
  const numbers = new Int16Array(samples.length);
  for (let at = 0; at < samples.length; at++) {
    const sample = Math.max(-1, Math.min(1, samples[at]));
    numbers[at] = Math.round(sample * HIGHEST);
  }
  return numbers;
}

/** The sound that was taken last, by the numbers of its samples. */
export class KeptSound {
  /** @param {number} most_count of samples that are kept */
  constructor(most_count) {
    this._most_count = most_count;
    /** @type {Int16Array[]} */
    this._parts = [];
    /** The number of the first sample that is kept. */
    this.first_sample = 0;
    /** The number of the next that comes. */
    this.end_sample = 0;
  }

  /** @param {Int16Array} part */
  add(part) {
    this._parts.push(part);
    this.end_sample += part.length;
    while (this.end_sample - this.first_sample - this._parts[0].length >= this._most_count) {
      this.first_sample += /** @type {Int16Array} */ (this._parts.shift()).length;
    }
  }

  /**
   * What is kept from a sample on, in parts; where it is not kept any more, what is kept has its place.
   *
   * @param {number} from_sample
   * @returns {Int16Array[]}
   */
  goOnFrom(from_sample) {
    const lost_count = Math.max(0, this.first_sample - from_sample);
    this.first_sample -= lost_count;
    this.end_sample -= lost_count;
    return this.since(from_sample);
  }

  /**
   * What is kept from a sample on, in parts.
   *
   * @param {number} from_sample
   * @returns {Int16Array[]}
   */
  since(from_sample) {
    const parts = [];
    let at_sample = this.first_sample;
    for (const part of this._parts) {
      const rest = part.subarray(Math.max(0, from_sample - at_sample));
      if (rest.length) parts.push(rest);
      at_sample += part.length;
    }
    return parts;
  }
}

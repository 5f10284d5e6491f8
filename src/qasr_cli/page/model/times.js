// Times as people read and type them. Inside, a time is a whole number of milliseconds.

const HUNDREDTH_MS = 10;
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const MOST_PARTS = 3;

/**
 * A time to the hundredth of a second: `12:34.56`, `1:02:03.04`.
 *
 * @param {number} time_ms
 * @returns {string}
 */
export function textOfTime(time_ms) {
  const whole_ms = Math.round(Math.max(0, time_ms) / HUNDREDTH_MS) * HUNDREDTH_MS;
  const hundredths = Math.floor((whole_ms % SECOND_MS) / HUNDREDTH_MS);
  return `${textOfSeconds(whole_ms)}.${twoDigits(hundredths)}`;
}

/**
 * A time to the second, cut off: `12:34`, `1:02:03`.
 *
 * @param {number} time_ms
 * @returns {string}
 */
export function textOfSeconds(time_ms) {
  const left_ms = Math.max(0, time_ms);
  const hours = Math.floor(left_ms / HOUR_MS);
  const minutes = Math.floor((left_ms % HOUR_MS) / MINUTE_MS);
  const seconds = twoDigits(Math.floor((left_ms % MINUTE_MS) / SECOND_MS));
  return hours ? `${hours}:${twoDigits(minutes)}:${seconds}` : `${minutes}:${seconds}`;
}

/**
 * The time that somebody typed: seconds, minutes and seconds, or hours too; null if it is none.
 *
 * A comma, and the wide signs of Chinese keyboards, are as good as a colon and a stop.
 *
 * @param {string} text
 * @returns {number | null}
 */
export function timeOfText(text) {
  const plain = text.normalize("NFKC").trim().replaceAll(",", ".").replaceAll("。", ".");
  const parts = plain.split(":").map((part) => part.trim());
  const last = parts.pop() ?? "";
  const areWhole = parts.every((part) => /^\d{1,6}$/.test(part));
  if (parts.length >= MOST_PARTS || !areWhole || !/^(\d{1,9}(\.\d*)?|\.\d+)$/.test(last)) {
    return null;
  }
  const seconds = Number(last);
  if (parts.length && seconds >= 60) return null;
  const minutes = parts.reduce((sum, part) => sum * 60 + Number(part), 0);
  if (parts.length === 2 && Number(parts[1]) >= 60) return null;
  return minutes * MINUTE_MS + Math.round(seconds * SECOND_MS);
}

/** @param {number} number */
function twoDigits(number) {
  return String(number).padStart(2, "0");
}

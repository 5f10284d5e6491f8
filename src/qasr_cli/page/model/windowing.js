// Which rows of a long list are drawn: those in sight, and a few more.

const MORE_COUNT = 6;

/**
 * @param {object} list
 * @param {number} list.scrollTop
 * @param {number} list.height of what is seen
 * @param {number} list.rowHeight
 * @param {number} list.count of all rows
 * @returns {{first: number, end: number, before: number, after: number}} rows from `first` up to
 *   `end`, and the heights of those before and after them
 */
export function inSight({ scrollTop, height, rowHeight, count }) {
  const within = (/** @type {number} */ row) => Math.min(count, Math.max(0, row));
  const first = within(Math.floor(scrollTop / rowHeight) - MORE_COUNT);
  const end = within(Math.ceil((scrollTop + height) / rowHeight) + MORE_COUNT);
  return { first, end, before: first * rowHeight, after: (count - end) * rowHeight };
}

/**
 * Where to scroll so that a row is seen whole; where it is already, that is as it is.
 *
 * @param {{scrollTop: number, height: number, rowHeight: number, row: number}} list
 * @returns {number}
 */
export function scrolledTo({ scrollTop, height, rowHeight, row }) {
  const top = row * rowHeight;
  if (top < scrollTop) return top;
  return Math.max(scrollTop, top + rowHeight - height);
}

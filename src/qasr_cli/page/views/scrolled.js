// How far a list is scrolled: of thousands of rows only those in sight are drawn.

import { useEffect, useState } from "../ui.js";

/**
 * Heights in pixels, as `inSight` takes them, and a way to look at them before an event tells: they
 * are looked at anew whenever the list scrolls or changes its size.
 *
 * @param {{current: HTMLElement | null}} list whose `--row` is the height of a row
 * @param {number} rowHeight until that is known
 */
export function useScrolled(list, rowHeight) {
  const [seen, setSeen] = useState({ scrollTop: 0, height: 600, rowHeight });
  const look = () => {
    const element = list.current;
    if (!element) return; // the observer tells of the end, too
    const row = parseFloat(getComputedStyle(element).getPropertyValue("--row"));
    setSeen({ scrollTop: element.scrollTop, height: element.clientHeight, rowHeight: row });
  };
  useEffect(() => {
    const element = /** @type {HTMLElement} */ (list.current);
    const watch = new ResizeObserver(look);
    watch.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => watch.disconnect();
  }, []);
  return { seen, look };
}

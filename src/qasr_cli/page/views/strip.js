// The two canvases of the timeline, and the pointer on them. They follow the signals by themselves:
// nothing else on the page is drawn again for them.

import { movedBetween, snapped, withEdge } from "../model/edges.js";
import { changed } from "../model/cues.js";
import { between, fitted, pagedTo, partAt, timeAt, zoomed } from "../model/ruler.js";
import { go, playhead } from "../playback.js";
import { settings } from "../state.js";
import { Tiles } from "../tiles.js";
import { effect, signal, untracked } from "../ui.js";
import { drawCursor, drawTimeline } from "./timeline_drawing.js";

/** @typedef {import("../editing.js").Editing} Editing */
/** @typedef {import("../model/ruler.js").Sight} Sight */

const SNAPS_PX = 8;
const GRIP_PX = 8;
const MOVES_FROM_PX = 4;
const BEGINS_PER_SECOND = 60;

/**
 * @typedef {object} Drag
 * @property {number} x where it began
 * @property {number} from_ms what was seen then
 * @property {{id: string, part: import("../model/edges.js").Edge | "whole"} | null} held
 * @property {boolean} isMoved
 * @property {import("../model/cues.js").Change | null} change
 */

export class Strip {
  /**
   * @param {HTMLElement} frame with two canvases
   * @param {Editing} editing
   * @param {import("../sound.js").Sound} sound
   */
  constructor(frame, editing, sound) {
    this._frame = frame;
    this._editing = editing;
    this._tiles = new Tiles(editing.correction.id, sound);
    const [below, above] = frame.querySelectorAll("canvas");
    this._pens = [below, above].map(
      (canvas) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")),
    );
    this._size = signal({ width: 0, height: 0, ratio: 1 });
    /** @type {{value: Sight}} */
    this.sight = signal({ from_ms: 0, perSecond: BEGINS_PER_SECOND });
    /** @type {{value: Drag | null}} */
    this._drag = signal(null);
    this._frameNumber = 0;
    this._shade = signal(0);
    this._ends = [this._watchSize(), this._watchColours(), ...this._listen(), ...this._follow()];
  }

  get width() {
    return this._size.value.width;
  }

  close() {
    cancelAnimationFrame(this._frameNumber);
    this._tiles.close();
    for (const end of this._ends) end();
  }

  /** More is known of the sound. @param {import("../sound.js").Sound} sound */
  renew(sound) {
    this._tiles.renew(sound);
  }

  /** @param {number} factor @param {number} [x] */
  zoom(factor, x = this.width / 2) {
    this.sight.value = zoomed(this.sight.value, factor, x, this._strip());
  }

  showAll() {
    this.sight.value = fitted({ from_ms: 0, perSecond: 0 }, this._strip());
  }

  /** @param {number} time_ms */
  showTime(time_ms) {
    this.sight.value = pagedTo(this.sight.value, time_ms, this._strip());
  }

  _strip() {
    return { width: this._size.value.width, last_ms: this._tiles.last_ms };
  }

  /** Draws with the next picture of the screen, once however much has changed. */
  _follow() {
    const paint = () => {
      this._frameNumber = 0;
      this._paint();
    };
    const below = effect(() => {
      const { cues, activeId } = this._editing;
      void [cues, activeId.value, this.sight.value, this._size.value, this._drag.value];
      void [this._tiles.count.value, this._shade.value, settings.value.theme];
      this._frameNumber ||= requestAnimationFrame(paint);
    });
    const above = effect(() => {
      const { width, height } = this._size.value;
      drawCursor(this._pens[1], { width, height }, this.sight.value, playhead.value);
    });
    const paging = effect(() => {
      const time_ms = playhead.value;
      untracked(() => this._page(time_ms));
    });
    return [below, above, paging];
  }

  /** @param {number} time_ms */
  _page(time_ms) {
    const isHeld = this._drag.value !== null;
    if (this.width && !isHeld) this.sight.value = pagedTo(this.sight.value, time_ms, this._strip());
  }

  _paint() {
    const { width, height } = this._size.value;
    if (!width) return;
    const sight = this.sight.value;
    this._tiles.want(sight.from_ms, timeAt(sight, width), this._tiles.fineness(sight.perSecond));
    const change = this._drag.value?.change;
    const { cues } = this._editing;
    drawTimeline(this._pens[0], {
      size: { width, height },
      sight,
      tiles: this._tiles,
      cues: change ? changed(cues, change) : cues,
      speech: this._editing.correction.speech,
      activeId: this._editing.activeId.value,
      badges: this._editing.badges.value,
    });
  }

  _watchSize() {
    const watch = new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = this._frame;
      const ratio = devicePixelRatio;
      for (const pen of this._pens) {
        pen.canvas.width = width * ratio;
        pen.canvas.height = height * ratio;
        pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      }
      this._size.value = { width, height, ratio };
      this.sight.value = fitted(this.sight.value, this._strip());
    });
    watch.observe(this._frame);
    return () => watch.disconnect();
  }

  _watchColours() {
    const query = matchMedia("(prefers-color-scheme: dark)");
    const again = () => (this._shade.value += 1);
    query.addEventListener("change", again);
    return () => query.removeEventListener("change", again);
  }

  _listen() {
    const canvas = this._pens[1].canvas;
    /** @type {[EventTarget, string, (event: any) => void][]} */
    const all = [
      [canvas, "pointerdown", (event) => this._press(event)],
      [canvas, "pointermove", (event) => this._move(event)],
      [canvas, "pointerup", (event) => this._release(event)],
      [canvas, "pointercancel", () => (this._drag.value = null)],
      [canvas, "wheel", (event) => this._wheel(event)],
      [document, "keydown", (event) => this._key(event)],
    ];
    return all.map(([target, name, hear]) => {
      // Before anybody else, so that Esc ends a drag and nothing more.
      const how = { capture: true, passive: false };
      target.addEventListener(name, hear, how);
      return () => target.removeEventListener(name, hear, how);
    });
  }

  /** @param {KeyboardEvent} event */
  _key(event) {
    if (event.key !== "Escape" || !this._drag.value) return;
    this._drag.value = null;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {MouseEvent} event */
  _partAt(event) {
    const how = { activeId: this._editing.activeId.value, grip: GRIP_PX };
    return partAt(this._editing.cues, this.sight.value, event.offsetX, how);
  }

  /** @param {PointerEvent} event */
  _press(event) {
    if (event.button !== 0) return;
    this._pens[1].canvas.setPointerCapture(event.pointerId);
    const { from_ms } = this.sight.value;
    this._drag.value = { x: event.offsetX, from_ms, held: this._partAt(event), isMoved: false, change: null };
  }

  /** @param {PointerEvent} event */
  _move(event) {
    const drag = this._drag.value;
    const { canvas } = this._pens[1];
    if (!drag) {
      const part = this._partAt(event)?.part;
      canvas.style.cursor = part === undefined ? "" : part === "whole" ? "grab" : "ew-resize";
      return;
    }
    const by = event.offsetX - drag.x;
    if (!drag.isMoved && Math.abs(by) < MOVES_FROM_PX) return;
    const by_ms = (1000 * by) / this.sight.value.perSecond;
    if (!drag.held) {
      this.sight.value = fitted({ ...this.sight.value, from_ms: drag.from_ms - by_ms }, this._strip());
      this._drag.value = { ...drag, isMoved: true };
      return;
    }
    if (!drag.isMoved) this._editing.activeId.value = drag.held.id;
    this._drag.value = { ...drag, isMoved: true, change: this._changeBy(drag, by_ms, event.altKey) };
  }

  /** @param {PointerEvent} event */
  _release(event) {
    const drag = this._drag.value;
    this._drag.value = null;
    if (!drag) return;
    if (drag.isMoved) {
      if (drag.change) this._editing.act(drag.change);
      return;
    }
    if (drag.held) this._editing.show(drag.held.id);
    go(Math.round(Math.max(0, timeAt(this.sight.value, event.offsetX))));
  }

  /**
   * @param {Drag} drag
   * @param {number} by_ms
   * @param {boolean} isAlone
   */
  _changeBy({ held }, by_ms, isAlone) {
    const { cues } = this._editing;
    const cue = cues.find(({ id }) => id === held?.id);
    if (!held || !cue) return null;
    const last_ms = this._editing.lastTime();
    const near = (/** @type {number} */ time_ms) =>
      snapped(time_ms, this._snaps(cue.id), (1000 * SNAPS_PX) / this.sight.value.perSecond);
    if (held.part !== "whole") {
      const wanted_ms = near(cue[held.part] + by_ms);
      return withEdge(cues, cue.id, held.part, wanted_ms, { isAlone, last_ms });
    }
    const [start_ms, end_ms] = [cue.start_ms + by_ms, cue.end_ms + by_ms];
    const by_start_ms = near(start_ms) - start_ms;
    const by_end_ms = near(end_ms) - end_ms;
    return movedBetween(cues, cue.id, by_ms + (by_start_ms || by_end_ms), last_ms);
  }

  /** Times in sight at which something begins or ends. @param {string} id of the cue that moves */
  _snaps(id) {
    const { cues, correction } = this._editing;
    const sight = this.sight.value;
    const [from_ms, to_ms] = [sight.from_ms, timeAt(sight, this.width)];
    const { first, end } = between(cues, from_ms, to_ms);
    const times_ms = [playhead.value];
    for (const cue of cues.slice(first, end)) {
      if (cue.id !== id) times_ms.push(cue.start_ms, cue.end_ms);
      else for (const word of cue.words ?? []) times_ms.push(word.start_ms, word.end_ms);
    }
    for (const [start_ms, end_ms] of correction.speech) {
      if (end_ms >= from_ms && start_ms <= to_ms) times_ms.push(start_ms, end_ms);
    }
    return times_ms;
  }

  /** @param {WheelEvent} event */
  _wheel(event) {
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) {
      this.zoom(Math.exp(-event.deltaY / 200), event.offsetX);
      return;
    }
    const by = Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : event.deltaY;
    const sight = this.sight.value;
    this.sight.value = fitted({ ...sight, from_ms: sight.from_ms + (1000 * by) / sight.perSecond }, this._strip());
  }
}

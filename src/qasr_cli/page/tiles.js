// The outline of a sound, as fine as it is looked at: by tiles, which are asked for when they are
// seen. Until a tile is there, the coarse outline of the whole stands in for it.

import { addressOf, ask, Failure } from "./api.js";
import { signal } from "./ui.js";

const TILE_COLUMNS = 1024;
const FINE_PER_SECOND = 100;
const COARSE_PER_SECOND = 10;
// So many pixels for one column of the coarser outline look like stairs.
const STAIRS_PX = 3;
const MOST_TILES = 400;

export class Tiles {
  /**
   * @param {string} id of the job
   * @param {import("./sound.js").Sound} sound the whole, coarse
   */
  constructor(id, sound) {
    this.id = id;
    this.sound = sound;
    this.last_ms = sound.duration_ms ?? 0;
    /** @type {Map<string, Uint8Array>} */
    this._tiles = new Map();
    /** @type {string[]} */
    this._wanted = [];
    this._isAsking = false;
    this._isClosed = false;
    /** Rises with every tile that comes. */
    this.count = signal(0);
  }

  close() {
    this._isClosed = true;
  }

  /** More is known of it. @param {import("./sound.js").Sound} sound */
  renew(sound) {
    if (sound === this.sound) return;
    this.sound = sound;
    this.last_ms = sound.duration_ms ?? 0;
    this.count.value += 1;
  }

  /**
   * The outline's columns a second that fit a scale; 0 = that of the whole does.
   *
   * @param {number} perSecond pixels
   */
  fineness(perSecond) {
    const whole = (1000 * this.sound.columns.length) / Math.max(1, this.last_ms);
    const isEnough = (/** @type {number} */ columns) => perSecond / columns <= STAIRS_PX;
    if (isEnough(whole) || whole >= FINE_PER_SECOND) return 0;
    return isEnough(COARSE_PER_SECOND) && COARSE_PER_SECOND > whole ? COARSE_PER_SECOND : FINE_PER_SECOND;
  }

  /**
   * How loud it is at most between two times, 0 to 255.
   *
   * @param {number} from_ms
   * @param {number} to_ms
   * @param {number} fineness
   */
  loudest(from_ms, to_ms, fineness) {
    if (fineness) {
      const column = Math.floor((from_ms / 1000) * fineness);
      const tile = this._tiles.get(`${fineness} ${Math.floor(column / TILE_COLUMNS)}`);
      if (tile) {
        const first = column % TILE_COLUMNS;
        return most(tile, first, first + Math.ceil(((to_ms - from_ms) / 1000) * fineness));
      }
    }
    const { columns } = this.sound;
    const scale = columns.length / this.last_ms;
    return most(columns, Math.floor(from_ms * scale), Math.ceil(to_ms * scale));
  }

  /**
   * Have the tiles of a stretch come, these before any that were wanted earlier.
   *
   * @param {number} from_ms
   * @param {number} to_ms
   * @param {number} fineness
   */
  want(from_ms, to_ms, fineness) {
    this._wanted = [];
    if (!fineness) return;
    const tile_ms = (1000 * TILE_COLUMNS) / fineness;
    const last = Math.floor(Math.min(to_ms, this.last_ms - 1) / tile_ms);
    const known_ms = this.sound.known_ms ?? Infinity;
    for (let at = Math.floor(from_ms / tile_ms); at <= last; at++) {
      const key = `${fineness} ${at}`;
      if (!this._tiles.has(key) && (at + 1) * tile_ms <= known_ms) this._wanted.push(key);
    }
    void this._ask();
  }

  async _ask() {
    if (this._isAsking) return;
    this._isAsking = true;
    for (let key = this._wanted.shift(); key && !this._isClosed; key = this._wanted.shift()) {
      const [fineness, at] = key.split(" ").map(Number);
      const tile_ms = (1000 * TILE_COLUMNS) / fineness;
      const start_ms = Math.round(at * tile_ms);
      const end_ms = Math.min(Math.round(start_ms + tile_ms), Math.ceil(this.last_ms));
      const columns = Math.max(1, Math.round(((end_ms - start_ms) / 1000) * fineness));
      try {
        const query = `partial=true&start_ms=${start_ms}&end_ms=${end_ms}&columns=${columns}`;
        const answer = await ask(`${addressOf(this.id)}/peaks?${query}`);
        this._keep(key, new Uint8Array(await answer.arrayBuffer()));
      } catch (failure) {
        if (!(failure instanceof Failure)) throw failure;
        this._keep(key, new Uint8Array()); // the coarse outline has to do
      }
    }
    this._isAsking = false;
  }

  /** @param {string} key @param {Uint8Array} tile */
  _keep(key, tile) {
    if (tile.length) this._tiles.set(key, tile);
    const [oldest] = this._tiles.keys();
    if (this._tiles.size > MOST_TILES) this._tiles.delete(oldest);
    if (tile.length) this.count.value += 1;
  }
}

/** @param {Uint8Array} columns @param {number} first @param {number} end */
function most(columns, first, end) {
  let loudest = 0;
  const stop = Math.min(columns.length, Math.max(first + 1, end));
  for (let at = Math.max(0, first); at < stop; at++) if (columns[at] > loudest) loudest = columns[at];
  return loudest;
}

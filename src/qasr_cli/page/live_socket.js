// The connection of a live session, or of somebody who only watches one.

/** @typedef {import("./model/live.js").Message} Message */

const SOONEST_MS = 250;
const LATEST_MS = 2000;

/** Where live sessions are, beside this page. */
function address() {
  const place = new URL("live", document.baseURI);
  place.protocol = place.protocol.replace("http", "ws");
  place.search = place.hash = "";
  return place;
}

/** A connection that comes again by itself when it is cut, until it is closed or given up. */
export class LiveSocket {
  /**
   * @param {object} hears
   * @param {() => Message} hears.greeting what is said first, also after a cut
   * @param {(message: Message) => void} hears.onMessage
   * @param {() => void} hears.onCut
   * @param {() => void} hears.onGivenUp it was cut for too long
   * @param {number} hears.patience_ms
   */
  constructor({ greeting, onMessage, onCut, onGivenUp, patience_ms }) {
    this._hears = { greeting, onMessage, onCut, onGivenUp, patience_ms };
    this._isClosed = false;
    /** When it was cut. @type {number | null} */
    this._cutAt_ms = null;
    this._wait_ms = SOONEST_MS;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this._timer = undefined;
    this._socket = this._open();
  }

  /** Bytes that the browser has not sent yet. */
  get waiting_bytes() {
    return this._socket.bufferedAmount;
  }

  get isOpen() {
    return this._socket.readyState === WebSocket.OPEN;
  }

  /** @param {Message} message */
  say(message) {
    if (this.isOpen) this._socket.send(JSON.stringify(message));
  }

  /** @param {Int16Array} samples */
  send(samples) {
    this._socket.send(/** @type {Int16Array<ArrayBuffer>} */ (samples));
  }

  close() {
    this._isClosed = true;
    clearTimeout(this._timer);
    this._socket.close();
  }

  _open() {
    const socket = new WebSocket(address());
    socket.onopen = () => {
      this._wait_ms = SOONEST_MS;
      socket.send(JSON.stringify(this._hears.greeting()));
    };
    socket.onmessage = ({ data }) => {
      this._cutAt_ms = null;
      if (!this._isClosed) this._hears.onMessage(JSON.parse(data));
    };
    socket.onclose = () => this._cut();
    return socket;
  }

  _cut() {
    if (this._isClosed) return;
    const now_ms = performance.now();
    if (this._cutAt_ms === null) this._hears.onCut();
    this._cutAt_ms ??= now_ms;
    if (now_ms - this._cutAt_ms > this._hears.patience_ms) {
      this._isClosed = true;
      this._hears.onGivenUp();
      return;
    }
    this._timer = setTimeout(() => (this._socket = this._open()), this._wait_ms);
    this._wait_ms = Math.min(LATEST_MS, this._wait_ms * 2);
  }
}

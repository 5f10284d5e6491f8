// One live session: from the microphone to the service, and what comes back.

import { listenTo } from "./live_sound.js";
import { LiveSocket } from "./live_socket.js";
import { KeptSound, NOTHING_TOLD, withMessage } from "./model/live.js";
import { batch, signal } from "./ui.js";

/** @typedef {import("./model/live.js").Message} Message */
/** @typedef {"starting" | "running" | "paused" | "cut" | "ending" | "ended"} Stage */

// How long the service keeps a session whose connection was cut.
const PATIENCE_MS = 60_000;
const KEPT_S = 30;
// More than this waiting to be sent is sound that will come too late for captions. After a cut all
// that is kept is sent at once.
const MOST_WAITING_S = KEPT_S + 15;

export class LiveSession {
  /** @param {Record<string, unknown>} wished what the service is to know before it hears anything */
  constructor(wished) {
    this._wished = wished;
    /** @type {Awaited<ReturnType<typeof listenTo>> | null} */
    this._sound = null;
    /** @type {LiveSocket | null} */
    this._socket = null;
    /** @type {KeptSound | null} */
    this._kept = null;
    this._rate = 0;
    this._isReady = false;
    /** @type {WakeLockSentinel | null} */
    this._lock = null;
    this.stage = signal(/** @type {Stage} */ ("starting"));
    this.isPaused = signal(false);
    this.told = signal(NOTHING_TOLD);
    this.id = signal("");
    /** 0 to 1, of the last moment. */
    this.loudness = signal(0);
    this.heardCount_ms = signal(0);
    /** @type {{value: string}} of the transcript, at the end; "" = there is none */
    this.jobId = signal("");
    /** Why it ended before it was asked to. @type {{value: import("./state.js").Reason | null}} */
    this.reason = signal(null);
    this._keepAwake = () => {
      if (document.visibilityState === "visible") void this._stayAwake();
    };
  }

  /**
   * Begin to listen; it throws what the browser says where there is no microphone.
   *
   * @param {string} deviceId
   */
  async begin(deviceId) {
    this._sound = await listenTo(deviceId, {
      onPart: (part, loudness) => this._take(part, loudness),
      onUnplugged: () => this._endFor("unplugged"),
    });
    this._rate = this._sound.rate;
    this._kept = new KeptSound(this._rate * KEPT_S);
    this._socket = new LiveSocket({
      greeting: () => this._greeting(),
      onMessage: (message) => this._hear(message),
      onCut: () => this._cut(),
      // The service makes a job of it, which has the same id.
      onGivenUp: () => this._end({ message: "", code: "live_lost" }, this.id.value),
      patience_ms: PATIENCE_MS,
    });
    document.addEventListener("visibilitychange", this._keepAwake);
    this._keepAwake();
  }

  pause() {
    this.isPaused.value = true;
    this.loudness.value = 0;
    this._socket?.say({ type: "flush" });
  }

  resume() {
    this.isPaused.value = false;
  }

  /** End it; the service writes down what it has not, and makes a transcript of all of it. */
  stop() {
    if (this.stage.value === "ended") return;
    this._silence();
    this.stage.value = "ending";
    this._socket?.say({ type: "stop" });
  }

  /** @returns {Message} */
  _greeting() {
    if (!this.id.value) return { type: "start", rate: this._rate, format: "s16le", ...this._wished };
    const sample = this._kept?.first_sample ?? 0;
    return { type: "start", session: this.id.value, sample, final: this.told.value.lastId };
  }

  /** @param {Int16Array} part @param {number} loudness */
  _take(part, loudness) {
    if (this.isPaused.value || !this._kept) return;
    this._kept.add(part);
    batch(() => {
      this.loudness.value = loudness;
      this.heardCount_ms.value = (1000 * (this._kept?.end_sample ?? 0)) / this._rate;
    });
    if (!this._isReady || !this._socket?.isOpen) return;
    if (this._socket.waiting_bytes > 2 * this._rate * MOST_WAITING_S) this._endFor("too_slow");
    else this._socket.send(part);
  }

  /** @param {Message} message */
  _hear(message) {
    if (message.type === "ready") this._goOn(message);
    else if (message.type === "done") this._end(this.reason.value, message.job);
    else if (message.type === "error") {
      const { code } = message.error;
      // The service makes a transcript of what it has, and says so at the end.
      this.reason.value = message.error;
      if (!this.id.value || code === "no_session") this._end(message.error, this.id.value);
    } else this.told.value = withMessage(this.told.value, message);
  }

  /** @param {Message} ready */
  _goOn(ready) {
    const sent = this._kept?.goOnFrom(ready.sample ?? 0) ?? [];
    for (const part of sent) this._socket?.send(part);
    this._isReady = true;
    this.id.value = ready.session;
    if (this.stage.value === "ending") this._socket?.say({ type: "stop" });
    else this.stage.value = "running";
  }

  _cut() {
    this._isReady = false;
    if (this.stage.value !== "ending") this.stage.value = "cut";
  }

  /** @param {string} code */
  _endFor(code) {
    this.reason.value = { message: "", code: `live_${code}` };
    this.stop();
  }

  /**
   * @param {import("./state.js").Reason | null} reason
   * @param {string} [jobId]
   */
  _end(reason, jobId = "") {
    this._silence();
    this._socket?.close();
    batch(() => {
      this.reason.value = reason;
      this.jobId.value = jobId ?? "";
      this.stage.value = "ended";
    });
  }

  _silence() {
    this._sound?.close();
    this._sound = null;
    this.loudness.value = 0;
    document.removeEventListener("visibilitychange", this._keepAwake);
    void this._lock?.release();
    this._lock = null;
  }

  async _stayAwake() {
    try {
      this._lock = await navigator.wakeLock.request("screen");
    } catch {
      // The browser has none, or saves its battery.
    }
  }
}

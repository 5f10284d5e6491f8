// The microphone: from it to parts that are kept, and to the loudness that is shown.

import { forgetRecording, keepPart, useRecording, wholeOf } from "./recordings_kept.js";
import { signal } from "./ui.js";

// How much a crash may cost.
const PART_MS = 1000;
const TYPES = [
  { type: "audio/webm;codecs=opus", suffix: ".webm" },
  { type: "audio/ogg;codecs=opus", suffix: ".ogg" },
  { type: "audio/mp4", suffix: ".m4a" },
];
const STANDS_STILL_MS = 500;
// More than passes between two looks, so that no short sound is missed.
const FFT_SIZE = 8192;

/** Why there can be no recording here, as a key of messages; null = there can. */
export function obstacle() {
  if (!isSecureContext) return "insecure";
  const canRecord = navigator.mediaDevices && "MediaRecorder" in window && typeOffered();
  return canRecord ? null : "none";
}

function typeOffered() {
  return TYPES.find(({ type }) => MediaRecorder.isTypeSupported(type));
}

/** @returns {Promise<MediaDeviceInfo[]>} with names, once the microphone was allowed */
export async function microphones() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter(({ kind, deviceId }) => kind === "audioinput" && deviceId);
}

/**
 * Why the browser gave no microphone, as a key of messages.
 *
 * @param {unknown} error
 */
export function denialOf(error) {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "no_device";
  return "busy";
}

/** One recording that is being made. */
export class Recorder {
  /**
   * @param {string} name of the recording, without a suffix
   * @param {MediaStream} stream
   * @param {{onUnplugged: () => void}} hears
   */
  constructor(name, stream, { onUnplugged }) {
    const { type, suffix } = typeOffered() ?? TYPES[0];
    this._stream = stream;
    this._recording = { id: crypto.randomUUID(), name: `${name}${suffix}`, type, length_ms: 0 };
    useRecording(this._recording.id);
    this._partCount = 0;
    /** @type {Promise<void>} */
    this._kept = Promise.resolve();
    this._clock = new Clock();
    this._recorder = new MediaRecorder(stream, { mimeType: type });
    /** @type {Blob[]} */
    this._parts = [];
    this.isPaused = signal(false);
    /** Whether the browser keeps the parts; else they are in memory alone. */
    this.isKept = signal(true);
    this.level = levelOf(stream);
    this._recorder.ondataavailable = ({ data }) => this._take(data);
    stream.getAudioTracks()[0].addEventListener("ended", onUnplugged);
    this._recorder.start(PART_MS);
  }

  /**
   * @param {string} deviceId "" = the browser's own choice
   * @returns {Promise<MediaStream>}
   */
  static microphone(deviceId) {
    const device = deviceId ? { deviceId: { exact: deviceId } } : {};
    // What is made for calls takes away what a recogniser would hear.
    const sound = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    return navigator.mediaDevices.getUserMedia({ audio: { ...sound, ...device } });
  }

  /** How long it is, pauses left out. */
  get length_ms() {
    return this._clock.passed_ms;
  }

  pause() {
    this._recorder.pause();
    this._clock.pause();
    this.isPaused.value = true;
  }

  resume() {
    this._recorder.resume();
    this._clock.resume();
    this.isPaused.value = false;
  }

  /**
   * End it.
   *
   * @returns {Promise<{id: string, file: Blob, name: string}>}
   */
  async stop() {
    this._clock.pause();
    if (this._recorder.state !== "inactive") {
      const ended = new Promise((resolve) => (this._recorder.onstop = resolve));
      this._recorder.stop();
      await ended;
    }
    this._stream.getTracks().forEach((track) => track.stop());
    this.level.close();
    await this._kept;
    const { id, name, type } = this._recording;
    return { id, name, file: new Blob(this._parts, { type }) };
  }

  /** @param {Blob} part */
  _take(part) {
    if (!part.size) return;
    this._parts.push(part);
    const number = this._partCount++;
    const recording = { ...this._recording, length_ms: this.length_ms };
    this._kept = this._kept
      .then(() => keepPart(recording, number, part))
      .catch(() => void (this.isKept.value = false));
  }
}

/**
 * A recording that an earlier page kept.
 *
 * @param {import("./recordings_kept.js").Kept} kept
 */
export async function recovered({ id, name }) {
  useRecording(id);
  return { id, name, file: await wholeOf(id) };
}

export { forgetRecording };

/** Time that passes, but for pauses. */
class Clock {
  constructor() {
    this._before_ms = 0;
    this._since_ms = /** @type {number | null} */ (performance.now());
  }

  get passed_ms() {
    const running_ms = this._since_ms === null ? 0 : performance.now() - this._since_ms;
    return this._before_ms + running_ms;
  }

  pause() {
    this._before_ms = this.passed_ms;
    this._since_ms = null;
  }

  resume() {
    this._since_ms ??= performance.now();
  }
}

/**
 * The loudness of a stream at the moment, 0 to 1; null while the browser does not say.
 *
 * @param {MediaStream} stream
 */
function levelOf(stream) {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: FFT_SIZE });
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(FFT_SIZE);
  // It may be held back until somebody presses something, or has no device that drives it.
  void context.resume();
  let [seen_s, seenAt_ms] = [-1, performance.now()];
  return {
    now() {
      if (context.currentTime !== seen_s) [seen_s, seenAt_ms] = [context.currentTime, performance.now()];
      if (performance.now() - seenAt_ms > STANDS_STILL_MS) return null;
      analyser.getFloatTimeDomainData(samples);
      return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    },
    close: () => void context.close(),
  };
}

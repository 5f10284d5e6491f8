// The microphone of a live session: samples as they come, as whole numbers.

import { wholeNumbers } from "./model/live.js";
import { Recorder } from "./recorder.js";

// What models hear; a browser that cannot give it gives what the device has, and the service converts.
const RATE = 16_000;
const PART_MS = 100;

/** Why there can be none here, as a key of messages; null = there can. */
export function obstacle() {
  if (!isSecureContext) return "insecure";
  return navigator.mediaDevices && "AudioWorkletNode" in window && "WebSocket" in window ? null : "none";
}

/**
 * Begin to listen.
 *
 * @param {string} deviceId "" = the browser's own choice
 * @param {{onPart: (part: Int16Array, loudness: number) => void, onUnplugged: () => void}} hears
 */
export async function listenTo(deviceId, { onPart, onUnplugged }) {
  const stream = await Recorder.microphone(deviceId);
  const close = () => stream.getTracks().forEach((track) => track.stop());
  try {
    const { context, source } = contextFor(stream);
    await context.audioWorklet.addModule(new URL("live_worklet.js", import.meta.url));
    const parts = new AudioWorkletNode(context, "qasr-parts", {
      channelCount: 1,
      channelCountMode: "explicit",
      numberOfOutputs: 0,
      processorOptions: { part_count: Math.round((context.sampleRate * PART_MS) / 1000) },
    });
    parts.port.onmessage = ({ data }) => onPart(wholeNumbers(data), loudest(data));
    source.connect(parts);
    await context.resume();
    stream.getAudioTracks()[0].addEventListener("ended", onUnplugged);
    return {
      rate: context.sampleRate,
      close() {
        parts.port.onmessage = null;
        close();
        void context.close();
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** @param {MediaStream} stream */
function contextFor(stream) {
  const context = new AudioContext({ sampleRate: RATE });
  try {
    return { context, source: context.createMediaStreamSource(stream) };
  } catch {
    void context.close();
    const own = new AudioContext();
    return { context: own, source: own.createMediaStreamSource(stream) };
  }
}

/** @param {Float32Array} samples */
function loudest(samples) {
  return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}

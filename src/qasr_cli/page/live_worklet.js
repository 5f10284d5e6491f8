// In the thread of the sound: samples, in parts of one length. It imports nothing.

// What that thread has, and no list of types.
const { AudioWorkletProcessor: Processor, registerProcessor: register } = /** @type {any} */ (globalThis);

class Parts extends Processor {
  /** @param {{processorOptions: {part_count: number}}} options */
  constructor({ processorOptions }) {
    super();
    this._part = new Float32Array(processorOptions.part_count);
    this._filled_count = 0;
  }

  /** @param {Float32Array[][]} inputs */
  process([channels]) {
    for (const sample of channels[0] ?? []) {
      this._part[this._filled_count++] = sample;
      if (this._filled_count < this._part.length) continue;
      /** @type {any} */ (this).port.postMessage(this._part);
      this._filled_count = 0;
    }
    return true;
  }
}

register("qasr-parts", Parts);

import { headerBytes, writeFrame } from "./frame.ts";
import type { SpoolError } from "./spool-error.ts";

const firstBytes = 65_536;
const keptBytes = 4_194_304;

/** Someone who waits for a write. */
export interface Waiter {
  resolve(): void;
  reject(error: SpoolError): void;
}

/** Frames gathered for one write, and those who wait for it. Used again once it is written. */
export class FrameBatch {
  #buffer: Buffer = Buffer.allocUnsafeSlow(firstBytes);
  /** Where in the buffer another segment begins, and with which position. */
  #cuts: { readonly at: number; readonly first: number }[] = [];
  bytes = 0;
  count = 0;
  waiters: Waiter[] = [];

  add(position: number, timeMs: number, payload: Uint8Array): void {
    const needed = this.bytes + headerBytes + payload.length;
    if (needed > this.#buffer.length) this.#growTo(needed);
    this.bytes = writeFrame(this.#buffer, this.bytes, position, timeMs, payload);
    this.count++;
  }

  /** What is added from here on goes into a segment that begins with this position. */
  cut(first: number): void {
    this.#cuts.push({ at: this.bytes, first });
  }

  /** The bytes in pieces, each for one segment; `first` where that is a new one. */
  pieces(): { readonly first: number | undefined; readonly bytes: Buffer }[] {
    const starts = [{ at: 0, first: undefined }, ...this.#cuts];
    const pieces = starts.map(({ at, first }, index) => ({
      first,
      bytes: this.#buffer.subarray(at, starts[index + 1]?.at ?? this.bytes),
    }));
    return pieces.filter(({ bytes }) => bytes.length > 0);
  }

  clear(): void {
    if (this.#buffer.length > keptBytes) this.#buffer = Buffer.allocUnsafeSlow(firstBytes);
    this.#cuts = [];
    this.bytes = 0;
    this.count = 0;
    this.waiters = [];
  }

  #growTo(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.bytes);
    this.#buffer = grown;
  }
}

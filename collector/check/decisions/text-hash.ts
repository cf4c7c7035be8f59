import type { TextHasher } from "../../../schemas/model/text-hasher.ts";

/** How much of a text counts: as much of a path as Envoy puts into a span. */
const MAX_LENGTH = 256;

const [FIRST, SECOND] = [0x9e37_79b1, 0x85eb_ca6b];

/** Hashes texts, seeded so that whoever chooses the texts cannot choose collisions. */
export class TextHash implements TextHasher {
  /** 64 bits that stand for the last text; `first` is never 0. */
  first = 0;
  second = 0;
  readonly #seeds: readonly [number, number];

  constructor(seeds: readonly [number, number]) {
    this.#seeds = seeds;
  }

  text(text: string): void {
    let [first, second] = this.#seeds;
    const length = Math.min(text.length, MAX_LENGTH);
    for (let i = 0; i < length; i += 4) {
      const word = ofId(wordOf(text, i, length), i, length);
      first = step(first, word, FIRST);
      second = step(second, word, SECOND);
    }
    this.#keep(first, second, length);
  }

  bytes(bytes: Uint8Array, start: number, end: number): void {
    let [first, second] = this.#seeds;
    const stop = Math.min(end, start + MAX_LENGTH);
    let beyondAscii = 0;
    for (let i = start; i < stop; i += 4) {
      const read = wordOfBytes(bytes, i, stop);
      beyondAscii |= read & 0x8080_8080;
      const word = ofId(read, i - start, stop - start);
      first = step(first, word, FIRST);
      second = step(second, word, SECOND);
    }
    if (beyondAscii === 0) this.#keep(first, second, stop - start);
    else this.text(decoder.decode(bytes.subarray(start, end)));
  }

  /** 32 bits of a text; 0 for none. Leaves the others alone. */
  short(text: string | undefined): number {
    if (text === undefined) return 0;
    let hash = this.#seeds[0];
    const length = Math.min(text.length, MAX_LENGTH);
    for (let i = 0; i < length; i += 4) hash = step(hash, wordOf(text, i, length), FIRST);
    return mix(hash ^ length) || 1;
  }

  #keep(first: number, second: number, length: number): void {
    this.first = mix(first ^ length) || 1;
    this.second = mix(second ^ length);
  }
}

const step = (hash: number, word: number, factor: number): number => {
  const product = Math.imul(hash ^ word, factor);
  return product ^ (product >>> 15);
};

/**
 * Leaves out the digit in which Envoy notes why it traces a request: the fifteenth of an id in the form of a UUID. One that traces writes it, so that the
 * proxies on both sides of it tell the same request by two ids.
 */
const ofId = (word: number, at: number, length: number): number =>
  at === 12 && length === 36 && (word & 0xff00) === 0x2d00 ? word & 0xff00_ffff : word;

/** Four units of a text as one number; of what is no ASCII, something that depends on all of it. */
function wordOf(text: string, at: number, length: number): number {
  let word = text.charCodeAt(at);
  if (at + 1 < length) word ^= text.charCodeAt(at + 1) << 8;
  if (at + 2 < length) word ^= text.charCodeAt(at + 2) << 16;
  if (at + 3 < length) word ^= text.charCodeAt(at + 3) << 24;
  return word;
}

function wordOfBytes(bytes: Uint8Array, at: number, end: number): number {
  let word = bytes[at]!;
  if (at + 1 < end) word ^= bytes[at + 1]! << 8;
  if (at + 2 < end) word ^= bytes[at + 2]! << 16;
  if (at + 3 < end) word ^= bytes[at + 3]! << 24;
  return word;
}

const decoder = new TextDecoder();

/** The finalizer of MurmurHash3. */
function mix(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
  return mixed ^ (mixed >>> 16);
}

import type { Value } from "../../schemas/model/value.ts";
import type { Slots } from "../expr/expression.ts";

/** One part of a request that a decision read: an attribute, or one entry of a map. */
export interface Part {
  readonly slot: number;
  readonly key: string | undefined;
}

interface Known<Entry> {
  readonly values: readonly (Value | undefined)[];
  readonly entry: Entry;
}

/** Places, a power of two. */
const PLACES = 512;

/**
 * What was found last, by the values themselves: comparing them takes a fraction of the time of making one text of them. A place holds one,
 * and the next that falls on it takes it over. Knows only plain values: a request with others is looked for the long way.
 */
export class QuickTable<Entry> {
  readonly #parts: readonly Part[];
  readonly #places = new Array<Known<Entry> | undefined>(PLACES).fill(undefined);

  constructor(parts: readonly Part[]) {
    this.#parts = parts;
  }

  find(values: Slots): Entry | undefined {
    const place = this.#placeOf(values);
    const known = place < 0 ? undefined : this.#places[place];
    return known !== undefined && this.#isSame(known.values, values) ? known.entry : undefined;
  }

  keep(values: Slots, entry: Entry): void {
    const place = this.#placeOf(values);
    if (place >= 0) this.#places[place] = { values: this.#parts.map((part) => partOf(values, part)), entry };
  }

  /** -1 where a value is not plain. */
  #placeOf(values: Slots): number {
    let mixed = 0;
    for (const part of this.#parts) {
      const value = partOf(values, part);
      if (typeof value === "object") return -1;
      mixed = Math.imul(mixed ^ digestOf(value), 0x9e37_79b1);
      mixed ^= mixed >>> 15;
    }
    return mixed & (PLACES - 1);
  }

  #isSame(known: Known<Entry>["values"], values: Slots): boolean {
    const parts = this.#parts;
    for (let i = 0; i < parts.length; i++) if (known[i] !== partOf(values, parts[i] as Part)) return false;
    return true;
  }
}

/** Of a map the entry; what is no map where an entry was read is not plain. */
function partOf(values: Slots, { slot, key }: Part): Value | undefined {
  const value = values[slot];
  if (key === undefined) return value;
  return value instanceof Map ? value.get(key) : noMap;
}

/** An object, and so never plain. */
const noMap: Value = new Map();

/** Different enough for values that differ; equal for equal ones. */
function digestOf(value: Value | undefined): number {
  if (typeof value !== "string") return typeof value === "number" ? value | 0 : 1;
  const { length } = value;
  if (length === 0) return 2;
  const ends = value.charCodeAt(0) + (value.charCodeAt(length - 1) << 8);
  return ends + (value.charCodeAt(length >> 1) << 16) + length * 31 + value.charCodeAt((length * 3) >> 2);
}

import type { Value } from "./value.ts";

/**
 * One request, connection event or span in the shared vocabulary.
 * `values` is indexed by slot (see schemas/attributes); `undefined` is an absent attribute.
 * A record is filled by decode and normalize, and read-only from then on. The intake fills the same object again
 * for the next entry, so whoever wants to keep something copies values, never the record.
 */
export class AttributeRecord {
  readonly values: (Value | undefined)[];
  /** False for entries that tell of a request before its end; see VOCABULARY "Counting". */
  final = true;

  readonly #used: readonly number[] | undefined;

  /** A record of a vocabulary with that many slots. `used` are the only slots ever filled, if they are known; the rest need no emptying. */
  constructor(slots: number, used?: readonly number[]) {
    this.values = new Array<Value | undefined>(slots).fill(undefined);
    this.#used = used;
  }

  /** Empties the record for the next entry. */
  reset(): void {
    this.final = true;
    const { values } = this;
    const used = this.#used;
    if (used === undefined) values.fill(undefined);
    else for (let i = 0; i < used.length; i++) values[used[i] as number] = undefined;
  }
}

/** The slots that something downstream reads; decoders and normalizers skip the rest. */
export interface Projection {
  /** True if the slot is read by a rule, an instance, a statistic or an adapter. */
  has(slot: number): boolean;
  /** The slots in ascending order. */
  readonly slots: readonly number[];
}

/** Makes a projection of these slots. */
export function createProjection(slots: Iterable<number>): Projection {
  const set = new Set(slots);
  return { has: (slot) => set.has(slot), slots: [...set].sort((a, b) => a - b) };
}

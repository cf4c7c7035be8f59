import type { LabelTuple } from "../../../schemas/model/instance.ts";

/** How many are remembered before all are forgotten and met anew. */
const limit = 65_536;

/** Tuples that did not fit, so that they need not be spelled out again. Weak and limited: a million of them cost nothing. */
export class RefusedTuples {
  #tuples: WeakSet<LabelTuple> | undefined;
  #count = 0;

  /** True if the tuple is remembered. */
  has(tuple: LabelTuple): boolean {
    return this.#tuples?.has(tuple) ?? false;
  }

  /** Remembers a tuple. */
  add(tuple: LabelTuple): void {
    if (this.#count >= limit) this.clear();
    this.#tuples ??= new WeakSet();
    this.#tuples.add(tuple);
    this.#count++;
  }

  /** Forgets all of them, so that each gets another chance. */
  clear(): void {
    this.#tuples = undefined;
    this.#count = 0;
  }
}

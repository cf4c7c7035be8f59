import { grown } from "./grown.ts";

/** The least and the greatest value of each series, by slot. */
export class Extremes {
  #least = new Float64Array(64).fill(Infinity);
  #greatest = new Float64Array(64).fill(-Infinity);

  /** Takes a value into account. */
  add(slot: number, value: number): void {
    if (slot >= this.#least.length) this.#grow(slot + 1);
    if (value < this.#least[slot]!) this.#least[slot] = value;
    if (value > this.#greatest[slot]!) this.#greatest[slot] = value;
  }

  #grow(slots: number): void {
    const { length } = this.#least;
    this.#least = grown(this.#least, slots).fill(Infinity, length);
    this.#greatest = grown(this.#greatest, slots).fill(-Infinity, length);
  }

  /** Both for one series; nothing if there was no value. */
  of(slot: number): { min: number; max: number } | undefined {
    const min = this.#least[slot] ?? Infinity;
    return min === Infinity ? undefined : { min, max: this.#greatest[slot]! };
  }

  /** Forgets the values of a series. */
  clear(slot: number): void {
    if (slot >= this.#least.length) return;
    this.#least[slot] = Infinity;
    this.#greatest[slot] = -Infinity;
  }
}

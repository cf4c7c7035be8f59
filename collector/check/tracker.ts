import { type Touched, TouchedSet } from "../expr/touched.ts";

/** Where evaluations of one policy write down what they read. Evaluations never wait, so one at a time is written down. */
export class Tracker implements Touched {
  /** Of the request that is evaluated now. */
  current: Dependencies = new Dependencies();

  attribute(slot: number, value: unknown): void {
    this.current.attribute(slot, value);
  }

  whole(slot: number): void {
    this.current.whole(slot);
  }

  key(map: unknown, key: unknown, present: boolean): void {
    this.current.key(map, key, present);
  }
}

/** What the verdict on one request depends on. */
export class Dependencies extends TouchedSet {
  /** Slots that a checker filled: they follow from what it read, and are no dependencies of their own. */
  #derived: Set<number> | undefined;
  /** Something was read that is never the same again, such as a quota or the time: the verdict is for this request only. */
  isOnce = false;
  /** How long the verdict may be given again, in milliseconds. */
  validForMs = Number.POSITIVE_INFINITY;
  /** All true for as long as the verdict may be given again. */
  readonly holds: (() => boolean)[] = [];

  /** A checker filled this slot. */
  derive(slot: number): void {
    this.#derived ??= new Set();
    this.#derived.add(slot);
  }

  override attribute(slot: number, value: unknown): void {
    if (this.#derived?.has(slot) !== true) super.attribute(slot, value);
  }

  override whole(slot: number): void {
    if (this.#derived?.has(slot) !== true) super.whole(slot);
  }
}

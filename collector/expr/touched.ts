import type { Vocabulary } from "../../schemas/attributes/vocabulary.ts";

/** Told what a tracked evaluation reads. */
export interface Touched {
  /** An attribute was read; `value` is undefined if it was absent. */
  attribute(slot: number, value: unknown): void;
  /** A map attribute was used as a whole: compared, counted, gone through, handed out. */
  whole(slot: number): void;
  /** A key of a map was looked up. The map is one that `attribute` was told of, or made by the expression. */
  key(map: unknown, key: unknown, present: boolean): void;
}

/** Most evaluations look no key up. Never written to. */
const noKeys = new Map<number, Map<string, boolean>>();

/** Collects what one evaluation reads. */
export class TouchedSet implements Touched {
  /** Attributes by slot: whether they were present. */
  readonly attributes = new Map<number, boolean>();
  /** Keys of map attributes by slot: whether they were present. */
  keys: Map<number, Map<string, boolean>> = noKeys;
  /** Map attributes that were used as a whole. */
  readonly wholes = new Set<number>();
  #slots: Map<unknown, Set<number>> | undefined;

  attribute(slot: number, value: unknown): void {
    this.attributes.set(slot, value !== undefined);
    if (typeof value !== "object" || value === null) return;
    this.#slots ??= new Map();
    const slots = this.#slots.get(value) ?? new Set();
    this.#slots.set(value, slots.add(slot));
  }

  whole(slot: number): void {
    this.wholes.add(slot);
  }

  key(map: unknown, key: unknown, present: boolean): void {
    for (const slot of this.#slots?.get(map) ?? []) {
      if (this.keys === noKeys) this.keys = new Map();
      const keys = this.keys.get(slot) ?? new Map<string, boolean>();
      this.keys.set(slot, keys.set(String(key), present));
    }
  }

  /** What was read, sorted: `name`, `-name` if absent, `name[key]` and `-name[key]` for keys of maps. */
  toNames({ attributes }: Vocabulary): string[] {
    const nameOf = (slot: number) => attributes[slot]?.name ?? `#${slot}`;
    const names = [...this.attributes].map(([slot, present]) => `${present ? "" : "-"}${nameOf(slot)}`);
    for (const [slot, keys] of this.keys) {
      for (const [key, present] of keys) names.push(`${present ? "" : "-"}${nameOf(slot)}[${key}]`);
    }
    return names.sort();
  }

  /** Begins the next evaluation. */
  reset(): void {
    this.attributes.clear();
    this.keys = noKeys;
    this.wholes.clear();
    this.#slots = undefined;
  }
}

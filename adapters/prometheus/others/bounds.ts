import { formatBound } from "../../shared/exposition.ts";

/** The bounds of a histogram, and how its buckets' labels end. */
export interface Bounds {
  readonly values: readonly number[];
  /** For each bound, and last for `+Inf`. */
  readonly ends: readonly string[];
}

/** Distinct lists of bounds that are remembered; most histograms have one of a few. */
const maxRemembered = 1000;

/** Gives the same object for the same bounds, as far as its memory goes. */
export class BoundsTable {
  readonly #known = new Map<string, Bounds>();

  of(values: readonly number[]): Bounds {
    const key = values.join();
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const bounds = { values: [...values], ends: [...values, Infinity].map((bound) => `le="${formatBound(bound)}"} `) };
    if (this.#known.size >= maxRemembered) this.#known.clear();
    this.#known.set(key, bounds);
    return bounds;
  }
}

/** Whether two lists hold the same numbers. */
export function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

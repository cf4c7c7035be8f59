import type { ExpositionFormat, MetricFamily } from "../../adapter.ts";
import { formatHead } from "../../shared/exposition.ts";

const name = "target_info";

/** The resources whose metrics are shown, as the family target_info. */
export class Targets {
  /** When each was last heard of, by its labels. */
  readonly #touchedMs = new Map<string, number>();

  get size(): number {
    return this.#touchedMs.size;
  }

  /** Notes that a resource was heard of; a new one only if there is room. */
  touch(labels: string, nowMs: number, hasRoom: boolean): void {
    if (hasRoom || this.#touchedMs.has(labels)) this.#touchedMs.set(labels, nowMs);
  }

  /** Forgets those that were not heard of since. */
  expire(sinceMs: number): void {
    for (const [labels, touchedMs] of this.#touchedMs) if (touchedMs <= sinceMs) this.#touchedMs.delete(labels);
  }

  clear(): void {
    this.#touchedMs.clear();
  }

  families(format: ExpositionFormat): readonly MetricFamily[] {
    if (this.#touchedMs.size === 0) return [];
    const labels = [...this.#touchedMs.keys()];
    const head = formatHead({ name, type: "gauge", help: "What sends metrics." }, format);
    return [{ name, type: "gauge", head, samples: () => labels.map((each) => `${name}{${each}} 1\n`) }];
  }
}

/** The name that it takes up. */
export const targetInfoName = name;

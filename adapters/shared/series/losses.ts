import type { Host } from "../../adapter.ts";

/** What one metric could not keep, gathered here so that the hub's counters are told now and then, not for each record. */
export class Losses {
  readonly #overflow = new Map<string, number>();
  readonly #dropped = new Map<string, number>();
  #expired = 0;

  /** A record went to the overflow series on account of this label. */
  overflow(label: string): void {
    this.#overflow.set(label, (this.#overflow.get(label) ?? 0) + 1);
  }

  /** A record was dropped. */
  dropped(reason: DropReason): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + 1);
  }

  /** Series ended idle. */
  expired(count: number): void {
    this.#expired += count;
  }

  /** Hands over what was gathered since the last time. */
  flush(host: Host, metric: string): void {
    for (const [label, count] of this.#overflow) host.count("overflow", { metric, label }, count);
    for (const [reason, count] of this.#dropped) host.count("dropped", { metric, reason }, count);
    if (this.#expired > 0) host.count("expired", { metric }, this.#expired);
    this.#overflow.clear();
    this.#dropped.clear();
    this.#expired = 0;
  }
}

/**
 * Why a record was dropped: a counter's value below zero; a value that is NaN or infinite where sums would be spoilt; labels of
 * another definition of the instance; an instance that the handler does not have.
 */
export type DropReason = "negative" | "not_finite" | "labels" | "unknown_instance";

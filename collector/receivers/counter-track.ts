/** What is known of a proxy when one of its counters comes for the first time. */
export interface FirstSight {
  /** Whether all of it happened since the hub started. */
  readonly isWhole: boolean;
  /** The most that can have happened since then. */
  readonly atMost: number;
}

/**
 * Follows one counter of a proxy from flush to flush, and tells how far it grew since the hub started. Values are totals
 * since the proxy started or, if the proxy is set up so, growth since the last flush; nothing says which, so both sums are kept.
 */
export class CounterTrack {
  private last: number | undefined;
  private grown = 0;
  private summed = 0;
  /** Part of the first value that may be from before the hub started. */
  private doubtful = 0;

  /** A value came; `restarted` if the proxy has started anew since the last one. */
  observe(value: number, first: FirstSight, restarted: boolean): void {
    this.summed += value;
    if (this.last === undefined) this.begin(value, first);
    else this.grown += restarted || value < this.last ? value : value - this.last;
    this.last = value;
  }

  /** The proxy turned out to be younger than the hub after all. */
  trust(): void {
    this.grown += this.doubtful;
    this.doubtful = 0;
  }

  /** Growth since the hub started. */
  total(valuesAreDeltas: boolean): number {
    return valuesAreDeltas ? this.summed : this.grown;
  }

  private begin(value: number, { isWhole, atMost }: FirstSight): void {
    this.grown = isWhole ? value : Math.min(value, atMost);
    this.doubtful = value - this.grown;
  }
}

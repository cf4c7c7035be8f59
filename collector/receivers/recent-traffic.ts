const slotMs = 5000;
const slots = 12;

/** What one sender sent in the last minute: how much, and how long ago its newest records had ended when they came. */
export class RecentTraffic {
  readonly #entries = new Float64Array(slots);
  readonly #lags = new Float64Array(slots).fill(Number.POSITIVE_INFINITY);
  #slot = Number.NEGATIVE_INFINITY;
  #lastLag: number | undefined;

  /** Some entries came; `endedMs` is when the last of them had ended by the sender's clock. Milliseconds since the epoch. */
  add(nowMs: number, entries: number, endedMs: number | undefined): void {
    const place = this.#advance(nowMs);
    this.#entries[place]! += entries;
    if (endedMs === undefined) return;
    this.#lags[place] = Math.min(this.#lags[place]!, nowMs - endedMs);
    this.#lastLag = this.#lags[place];
  }

  /** Entries a second over the last minute, or since the sender was first seen if that is less. */
  rate(nowMs: number, firstSeenMs: number): number {
    this.#advance(nowMs);
    const since = Math.max(firstSeenMs, (this.#slot - slots + 1) * slotMs);
    const seconds = Math.max(1000, nowMs - since) / 1000;
    return this.#entries.reduce((sum, entries) => sum + entries, 0) / seconds;
  }

  /**
   * How far the sender's clock is behind, in milliseconds, below 0 if it is ahead: the least of the last minute, which
   * leaves out most of the time that records wait before they are sent. The last that was known if the minute was silent.
   */
  skewMs(nowMs: number): number | undefined {
    this.#advance(nowMs);
    const least = Math.min(...this.#lags);
    return Number.isFinite(least) ? least : this.#lastLag;
  }

  /** Empties the slots that time has passed over; a clock that went back stays in the newest. */
  #advance(nowMs: number): number {
    const slot = Math.max(this.#slot, Math.floor(nowMs / slotMs));
    for (let next = Math.max(this.#slot + 1, slot - slots + 1); next <= slot; next++) {
      this.#entries[next % slots] = 0;
      this.#lags[next % slots] = Number.POSITIVE_INFINITY;
    }
    this.#slot = slot;
    return slot % slots;
  }
}

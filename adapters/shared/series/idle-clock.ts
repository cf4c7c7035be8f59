/**
 * Tells how long ago something happened without reading the clock each time it does. Time is cut into numbered periods;
 * what happens is marked with the current number, and counts as having happened at the end of its period: never too early.
 */
export class IdleClock {
  /** The current period, to mark things with. */
  period = 1;
  #expiryMs: number;
  #startsMs: number[];
  /** The number of the period that `#startsMs[0]` began. */
  #oldest = 1;

  constructor(expiryMs: number, nowMs: number) {
    this.#expiryMs = expiryMs;
    this.#startsMs = [nowMs];
  }

  /** Changes after how long something counts as idle; 0 never. */
  setExpiry(expiryMs: number): void {
    this.#expiryMs = expiryMs;
  }

  /** Moves on to `nowMs` and returns the latest period that ended an expiry ago or earlier; 0 if none did. */
  advance(nowMs: number): number {
    if (this.#expiryMs === 0) return 0;
    const sinceMs = nowMs - this.#startsMs.at(-1)!;
    // A clock set back makes old starts lie in the future: count afresh from now.
    if (sinceMs < 0) this.#startsMs = this.#startsMs.map((startMs) => Math.min(startMs, nowMs));
    if (sinceMs >= this.#expiryMs / periodsPerExpiry) {
      this.period++;
      this.#startsMs.push(nowMs);
    }
    while (this.#startsMs.length > 1 && this.#startsMs[1]! <= nowMs - this.#expiryMs) {
      this.#startsMs.shift();
      this.#oldest++;
    }
    return this.#oldest - 1;
  }
}

/** How finely idle time is measured: a series lives at most a sixteenth too long. */
const periodsPerExpiry = 16;

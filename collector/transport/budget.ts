/** An allowance that refills with time: what a peer may do often, but not for ever in a row. */
export class Budget {
  private readonly burst: number;
  private readonly perSecond: number;
  private left: number;
  private filledMs: number;

  constructor(burst: number, perSecond: number, nowMs: number) {
    this.burst = burst;
    this.perSecond = perSecond;
    this.left = burst;
    this.filledMs = nowMs;
  }

  /** Takes one; false if nothing was left. */
  spend(nowMs: number): boolean {
    const refill = ((nowMs - this.filledMs) * this.perSecond) / 1000;
    this.left = Math.min(this.burst, this.left + refill);
    this.filledMs = nowMs;
    if (this.left < 1) return false;
    this.left--;
    return true;
  }

  /** Gives one back, for good behaviour. */
  refund(): void {
    if (this.left < this.burst) this.left++;
  }

  /** Gives everything back. */
  reset(): void {
    this.left = this.burst;
  }
}

import type { LimitRequest } from "../../../adapters/limiter.ts";

/** A request that a budget allowed. */
interface Taken {
  readonly atMs: number;
  readonly cost: number;
}

/** Says whether a budget has room by going over everything it ever allowed: plain, slow, and nothing like the store. */
export class LimitModel {
  private readonly taken: Taken[] = [];
  private readonly request: Omit<LimitRequest, "key" | "cost">;

  constructor(request: Omit<LimitRequest, "key" | "cost">) {
    this.request = request;
  }

  take(atMs: number, cost: number): boolean {
    const { algorithm, count, burst } = this.request;
    const limit = algorithm === "gcra" ? burst : count;
    const allowed = this.used(atMs) + cost <= limit + 1e-6;
    if (allowed) this.taken.push({ atMs, cost });
    return allowed;
  }

  private used(atMs: number): number {
    const { algorithm, count, windowMs } = this.request;
    if (algorithm === "gcra") return this.leaked(atMs, count / windowMs);
    const window = Math.floor(atMs / windowMs);
    const share = 1 - (atMs - window * windowMs) / windowMs;
    const current = this.inWindow(window);
    return algorithm === "fixed" ? current : current + this.inWindow(window - 1) * share;
  }

  private inWindow(window: number): number {
    const { windowMs } = this.request;
    return this.taken
      .filter(({ atMs }) => Math.floor(atMs / windowMs) === window)
      .reduce((sum, { cost }) => sum + cost, 0);
  }

  /** A bucket that leaks at a steady rate, from the first request on. */
  private leaked(atMs: number, perMs: number): number {
    let level = 0;
    let last = 0;
    for (const { atMs: when, cost } of this.taken) {
      level = Math.max(0, level - (when - last) * perMs) + cost;
      last = when;
    }
    return Math.max(0, level - (atMs - last) * perMs);
  }
}

/** How many spans or traces of each service are kept in a time, on average. */
export interface PerService {
  readonly count: number;
  readonly windowMs: number;
}

/** Services that are told apart at once; those beyond share one rate. */
const maxServices = 1000;
const others = "{other}";
/** Rates follow what was seen at this interval. */
const stepMs = 1000;

/** What was seen of one service. */
interface Seen {
  windowStartMs: number;
  steppedMs: number;
  /** In this window, in the one before, and in this one when the rate was last set. */
  now: number;
  before: number;
  nowAtStep: number;
  rate: number;
}

/**
 * Rates that keep about so many of each service in a time. A rate follows from what came before, never from the trace at hand, so what is
 * kept at it stands for 1 / rate without bias; it changes once a second and when a burst doubles what came, so that spans of a trace,
 * which come close together, meet the same one.
 */
export class ServiceRates {
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #services = new Map<string, Seen>();
  #sweptMs = 0;

  constructor({ count, windowMs }: PerService) {
    this.#windowMs = Math.max(windowMs, stepMs);
    this.#limit = (count * this.#windowMs) / windowMs;
  }

  /** The rate for one more of this service, which stands for `weight`. */
  next(service: string, weight: number, nowMs: number): number {
    const seen = this.#seenOf(service, nowMs);
    this.#moveOn(seen, nowMs);
    seen.now += weight;
    const isBurst = seen.now > this.#limit && seen.now > 2 * seen.nowAtStep;
    if (isBurst || nowMs - seen.steppedMs >= stepMs) this.#step(seen, nowMs);
    return seen.rate;
  }

  #seenOf(service: string, nowMs: number): Seen {
    const known = this.#services.get(service);
    if (known !== undefined) return known;
    if (this.#services.size >= maxServices) this.#sweep(nowMs);
    const name = this.#services.size < maxServices ? service : others;
    const seen = this.#services.get(name) ?? {
      ...{ windowStartMs: nowMs, steppedMs: nowMs, now: 0, before: 0, nowAtStep: 0 },
      rate: Math.min(1, this.#limit),
    };
    this.#services.set(name, seen);
    return seen;
  }

  #moveOn(seen: Seen, nowMs: number): void {
    const windows = Math.floor((nowMs - seen.windowStartMs) / this.#windowMs);
    if (windows < 1) return;
    seen.before = windows === 1 ? seen.now : 0;
    seen.now = 0;
    seen.nowAtStep = 0;
    seen.windowStartMs += windows * this.#windowMs;
    this.#step(seen, nowMs);
  }

  #step(seen: Seen, nowMs: number): void {
    const passed = Math.min(1, Math.max(0, (nowMs - seen.windowStartMs) / this.#windowMs));
    const expected = seen.before * (1 - passed) + seen.now;
    seen.rate = Math.min(1, this.#limit / Math.max(expected, 1));
    seen.nowAtStep = Math.max(seen.now, expected / 2);
    seen.steppedMs = nowMs;
  }

  /** Forgets services of which nothing has come for two windows, once in a window at most. */
  #sweep(nowMs: number): void {
    if (nowMs - this.#sweptMs < this.#windowMs) return;
    this.#sweptMs = nowMs;
    for (const [name, { windowStartMs }] of this.#services)
      if (nowMs - windowStartMs > 2 * this.#windowMs) this.#services.delete(name);
  }
}

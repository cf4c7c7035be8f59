import { boundedKey } from "../../../schemas/model/bounded-key.ts";

/** Keeps count of requests at once. */
export interface ConcurrencyStore {
  /** Takes a place, or says that there is none. It is free once `leave` is called, a request of the same id has ended, or after `maxAgeMs`. */
  enter(key: string, max: number, maxAgeMs: number, id: string): Entry;
  /** A request with this id has ended: of each budget, the place it has held for longest is free. */
  release(id: string): void;
  /** Places taken. */
  readonly size: number;
}

/** What became of a request that wanted a place. */
export interface Entry {
  readonly allowed: boolean;
  /** How many run now, this one included. */
  readonly current: number;
  /** Frees the place at once. */
  leave(): void;
}

/** What counting requests at once is made of. */
export interface ConcurrencyOptions {
  /** Places over all budgets: when they are taken, newcomers are refused, so that nobody is pushed out. */
  readonly maxPlaces: number;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
}

/** How many budgets are looked at to make room for one request. */
const LOOKS = 16;

interface Place {
  readonly budget: Set<Place>;
  readonly key: string;
  readonly id: string;
  readonly untilMs: number;
}

/** Counts requests that run, by budget. The same id twice is two requests: who makes up ids gains nothing. */
export function createConcurrency({ maxPlaces, now }: ConcurrencyOptions): ConcurrencyStore {
  /** Places of a budget in the order in which they were taken, which is that in which they run out. */
  const budgets = new Map<string, Set<Place>>();
  const byId = new Map<string, Set<Place>>();
  let size = 0;

  const free = (place: Place) => {
    if (!place.budget.delete(place)) return;
    size--;
    if (place.budget.size === 0) budgets.delete(place.key);
    const same = byId.get(place.id);
    same?.delete(place);
    if (same?.size === 0) byId.delete(place.id);
  };

  const runOut = (budget: Iterable<Place>, nowMs: number) => {
    for (const place of budget) {
      if (place.untilMs > nowMs) break;
      free(place);
    }
  };

  /** The next few budgets in turn: each newcomer pays for the clearing away of some. */
  const lookAtSome = (nowMs: number) => {
    let looks = LOOKS;
    for (const [key, budget] of budgets) {
      if (looks-- === 0) break;
      budgets.delete(key);
      budgets.set(key, budget);
      runOut(budget, nowMs);
    }
  };

  const budgetOf = (key: string, nowMs: number): Set<Place> => {
    runOut(budgets.get(key) ?? [], nowMs);
    if (size >= maxPlaces) lookAtSome(nowMs);
    return budgets.get(key) ?? new Set<Place>();
  };

  return {
    enter(name, max, maxAgeMs, id) {
      const key = boundedKey(name);
      const nowMs = now();
      const budget = budgetOf(key, nowMs);
      if (budget.size >= max || size >= maxPlaces) return { allowed: false, current: budget.size, leave() {} };
      const place: Place = { budget, key, id: boundedKey(id), untilMs: nowMs + maxAgeMs };
      budgets.set(key, budget.add(place));
      byId.set(place.id, (byId.get(place.id) ?? new Set()).add(place));
      size++;
      return { allowed: true, current: budget.size, leave: () => free(place) };
    },
    release(id) {
      if (size === 0) return;
      const left = new Set<string>();
      for (const place of [...(byId.get(boundedKey(id)) ?? [])]) {
        if (left.has(place.key)) continue;
        left.add(place.key);
        free(place);
      }
    },
    get size() {
      return size;
    },
  };
}

import type { ConcurrencyStore } from "./limit-store.ts";

/** Requests that run are remembered up to this many. */
const MAX_RUNNING = 100_000;

interface Place {
  readonly key: string;
  readonly id: string;
  readonly untilMs: number;
}

/** Counts requests that run, by budget. A request ends when it is released, or when it has run for too long. */
export function createConcurrency(now: () => number): ConcurrencyStore {
  /** In the order in which they came, which is mostly that in which they end. */
  const places = new Map<string, Place>();
  const byId = new Map<string, Set<string>>();
  const counts = new Map<string, number>();

  const leave = (name: string) => {
    const place = places.get(name);
    if (place === undefined) return;
    places.delete(name);
    const names = byId.get(place.id);
    names?.delete(name);
    if (names?.size === 0) byId.delete(place.id);
    const left = (counts.get(place.key) ?? 1) - 1;
    if (left > 0) counts.set(place.key, left);
    else counts.delete(place.key);
  };

  const sweep = (nowMs: number) => {
    for (const [name, { untilMs }] of places) {
      if (untilMs > nowMs && places.size < MAX_RUNNING) break;
      leave(name);
    }
  };

  return {
    enter(key, max, maxAgeMs, id) {
      const nowMs = now();
      sweep(nowMs);
      const name = `${key.length}:${key}${id}`;
      const current = counts.get(key) ?? 0;
      if (places.has(name)) return { allowed: true, current };
      if (current >= max) return { allowed: false, current };
      counts.set(key, current + 1);
      places.set(name, { key, id, untilMs: nowMs + maxAgeMs });
      byId.set(id, (byId.get(id) ?? new Set()).add(name));
      return { allowed: true, current: current + 1 };
    },
    release(id) {
      for (const name of [...(byId.get(id) ?? [])]) leave(name);
    },
  };
}

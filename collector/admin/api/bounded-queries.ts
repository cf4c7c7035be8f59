import { ApiError } from "./api-error.ts";
import type { StatsQueries } from "./stats-routes.ts";

/** How much the API asks of the statistics. */
export interface QueryBounds {
  /** Queries under way at once; asking costs the intake's thread a copy of the open buckets. */
  readonly maxRunning: number;
  /** Longest that an asker waits, whatever the store does. */
  readonly timeoutMs: number;
}

/** Queries within bounds; the same query asked again while it is under way is asked once. */
export function boundQueries(stats: StatsQueries, { maxRunning, timeoutMs }: QueryBounds): StatsQueries {
  const running = new Map<string, Promise<unknown>>();

  function bound<Query, T>(kind: string, ask: (query: Query) => Promise<T>): (query: Query) => Promise<T> {
    return (query) => {
      const key = JSON.stringify([kind, query]);
      const known = running.get(key);
      if (known !== undefined) return within(timeoutMs, known as Promise<T>);
      if (running.size >= maxRunning) return Promise.reject(new ApiError("BUSY", "too many queries are under way"));
      const asked = ask(query).finally(() => running.delete(key));
      running.set(key, asked);
      return within(timeoutMs, asked);
    };
  }

  return {
    services: bound("services", (query) => stats.services(query)),
    edges: bound("edges", (query) => stats.edges(query)),
    timeseries: bound("timeseries", (query) => stats.timeseries(query)),
    values: bound("values", (query) => stats.values(query)),
  };
}

function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new ApiError("QUERY_TIMEOUT", `the query took longer than ${ms} ms: ask for less`));
    const timer = setTimeout(late, ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

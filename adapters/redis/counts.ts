import type { CountRequest } from "../limiter.ts";
import { inTime, type Patience } from "./in-time.ts";
import type { Ask } from "./leases.ts";

interface Hits {
  readonly hits: number;
  resolve(sum: number): void;
  reject(error: unknown): void;
}

/** Counts of one key are added in one round trip while another is under way; each still gets the sum up to itself. */
export function createCounts(ask: Pick<Ask, "count">, options: Patience): (request: CountRequest) => Promise<number> {
  const waiting = new Map<string, Hits[]>();

  const pump = async (key: string, keepMs: number): Promise<void> => {
    for (let batch = waiting.get(key) ?? []; batch.length > 0; batch = waiting.get(key) ?? []) {
      waiting.set(key, []);
      // Hits that are taken away stop at zero, which only the server knows: they go alone.
      for (const part of partsOf(batch)) await add(key, keepMs, part);
    }
    waiting.delete(key);
  };

  const add = async (key: string, keepMs: number, part: readonly Hits[]): Promise<void> => {
    const total = part.reduce((sum, { hits }) => sum + hits, 0);
    try {
      const after = await inTime(ask.count(key, total, keepMs), options, () => {});
      let before = after - total;
      for (const { hits, resolve } of part) {
        before += hits;
        resolve(before);
      }
    } catch (error) {
      for (const { reject } of part) reject(error);
    }
  };

  return ({ key, hits, keepMs }) =>
    new Promise((resolve, reject) => {
      const queue = waiting.get(key);
      const one = { hits, resolve, reject };
      if (queue !== undefined) queue.push(one);
      else {
        waiting.set(key, [one]);
        void pump(key, keepMs);
      }
    });
}

function partsOf(batch: readonly Hits[]): Hits[][] {
  const parts: Hits[][] = [];
  for (const one of batch) {
    const last = parts.at(-1);
    if (last === undefined || one.hits < 0 || (last[0]?.hits ?? 0) < 0) parts.push([one]);
    else last.push(one);
  }
  return parts;
}

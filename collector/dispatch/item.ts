import type { Instance } from "../../schemas/model/instance.ts";

/** An instance on its way through a lane. */
export interface Item {
  readonly instance: Instance;
  /** Bytes that it adds to a request, as the adapter says. */
  readonly bytes: number;
  /** How many instances from rules it stands for: 1, or what a point sums up. */
  readonly records: number;
  /** When it was offered, in milliseconds since the epoch. */
  readonly timeMs: number;
  /** Its place in the log on disk, if it came from there. */
  readonly position?: number;
}

/** What an instance counts for: relayed ones are many spans or data points in one. */
export function itemsIn(instance: Instance): number {
  if (instance.template === "spans") return instance.spans;
  return instance.template === "metrics" ? instance.points : 1;
}

/** The instances from rules that items stand for. */
export const recordsIn = (items: readonly Item[]): number => items.reduce((sum, { records }) => sum + records, 0);

/** The bytes that items add to a request. */
export const bytesIn = (items: readonly Item[]): number => items.reduce((sum, { bytes }) => sum + bytes, 0);

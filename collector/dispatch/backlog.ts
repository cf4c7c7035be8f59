import type { Instance } from "../../schemas/model/instance.ts";
import type { Item } from "./item.ts";

/** What waits in front of a lane. */
export interface BacklogState {
  /** Items that may be taken now. */
  readonly items: number;
  /** Their bytes, where that is known without reading them; else 0. */
  readonly bytes: number;
  /** Instances from rules that have not ended: those that wait, and those taken and not yet done with. */
  readonly pending: number;
  /** Since when there has been something to take, in milliseconds since the epoch. */
  readonly waitingSinceMs: number | undefined;
  /** When the oldest that is pending was offered, in milliseconds since the epoch. */
  readonly oldestMs: number | undefined;
  /** More may not come until some are gone. */
  readonly isFull: boolean;
}

/** Where the items of one lane wait to be sent. Counts in the ledger what it drops. */
export interface Backlog {
  /** Takes one instance, which stands for `records` from rules. Never waits, never throws. */
  offer(instance: Instance, records: number): void;
  /** The next items in order, at least one if there are any and at most so many. */
  take(maxItems: number, maxBytes: number): Promise<readonly Item[]>;
  /** These, taken before, have ended. */
  done(items: readonly Item[]): void;
  /** These, taken before, have not, and there is no time left: what is on disk stays there, the rest is dropped as `closed`. */
  giveBack(items: readonly Item[]): void;
  /**
   * Undefined if all that was offered is kept as well as it ever will be; else resolves once it is, and rejects with an
   * OverloadError if a part of it could not be kept.
   */
  kept(): Promise<void> | undefined;
  readonly state: BacklogState;
  /** Writes what is to be written. What waits in memory only is dropped as `closed`. */
  close(): Promise<void>;
}

/** What a backlog tells its lane. */
export interface BacklogListener {
  /** There is more to take, or room again. */
  onChange(): void;
}

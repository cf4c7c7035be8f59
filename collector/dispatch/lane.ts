import type { Delivery } from "../../adapters/adapter.ts";
import type { Instance } from "../../schemas/model/instance.ts";
import type { BreakerState } from "./breaker.ts";

/** The way from the rules to one handler. A lane never throws and never makes another lane wait. */
export interface Lane {
  /** The handler's name. */
  readonly handler: string;
  /** Counts one record that this handler is sent something of. */
  record(): void;
  /** Takes one instance. */
  offer(instance: Instance): void;
  /** The lane makes senders wait, and there is no room for more. */
  readonly isFull: boolean;
  /** Undefined unless what was offered is still being written to disk; rejects with an OverloadError if that fails. */
  kept(): Promise<void> | undefined;
  /** The adapter itself dropped instances that it had taken. */
  adapterDropped(reason: string, count: number): void;
  state(): LaneState;
  /** Takes nothing more, sends what waits until the deadline, keeps on disk or counts the rest, and closes the adapter. */
  close(deadlineMs: number): Promise<void>;
}

/** What a lane is at, as far as it has a queue. */
export interface LaneState {
  readonly queued: { readonly items: number; readonly bytes: number };
  /** Batches on their way to the backend. */
  readonly underWay: number;
  /** Instances from rules that have not ended. */
  readonly pending: number;
  /** When the oldest of them was offered, in milliseconds since the epoch. */
  readonly oldestMs: number | undefined;
  readonly breaker: BreakerState;
  /** Batches that may be under way at once, at this moment. */
  readonly concurrency: number;
}

/** What the hub wants to know of lanes, beside what their ledgers count. */
export interface LaneEvents {
  /** The adapter threw or answered nonsense: a fault of the adapter. */
  fault(handler: string, error: unknown): void;
  /** An attempt did not deliver. */
  failedAttempt(handler: string, reason: string): void;
  /** The adapter is about to be handed a batch of so many items; what is returned is told what became of it. */
  attempt?(handler: string, items: number): ((delivery: Delivery) => void) | undefined;
}

/** Why an instance was dropped by a lane; adapters add reasons of their own. */
export type DropReason =
  /** The queue was full, and the lane drops what comes or what waits longest. */
  | "queue_full"
  /** The log on disk had reached its limit, or the disk was full or failing. */
  | "spool_full"
  | "disk_full"
  | "disk_error"
  /** Larger than a log on disk takes. */
  | "too_large"
  /** Damaged on disk: in quarantine. */
  | "damaged"
  /** Tried for as long as `retry.maxElapsed` allows. */
  | "expired"
  /** The hub stopped, or the handler was removed, before it could be delivered. */
  | "closed"
  /** The adapter threw while it took it. */
  | "adapter_fault";

/** What ended a lane's last failed attempt. */
export interface LastError {
  readonly atMs: number;
  readonly reason: string;
}

/**
 * What became of everything that rules sent to one handler, since the hub started. Every instance ends in exactly one of delivered,
 * dropped, dead-lettered and pending: `received + recovered = delivered + dropped + deadLettered + pending`.
 */
export class Ledger {
  /** Records of which this handler was sent anything. */
  records = 0;
  /** Instances that rules sent. */
  received = 0;
  /** Instances that were waiting on disk when the hub started, or were replayed. */
  recovered = 0;
  delivered = 0;
  deadLettered = 0;
  readonly dropped = new Map<string, number>();
  /** Attempts that did not deliver and were tried again. */
  retries = 0;
  lastError: LastError | undefined;
  lastDeliveredMs: number | undefined;

  /** Counts instances as dropped. */
  drop(reason: string, count: number): void {
    if (count > 0) this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + count);
  }

  /** All that was dropped. */
  get droppedInAll(): number {
    let sum = 0;
    for (const count of this.dropped.values()) sum += count;
    return sum;
  }
}

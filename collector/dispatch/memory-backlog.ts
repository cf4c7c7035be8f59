import type { Instance } from "../../schemas/model/instance.ts";
import type { LaneConfig } from "../config/lane-schema.ts";
import type { Backlog, BacklogListener } from "./backlog.ts";
import { bytesIn, type Item, recordsIn } from "./item.ts";
import type { Ledger } from "./ledger.ts";

/** What a queue in memory is made of. */
export interface MemoryBacklogOptions extends BacklogListener {
  readonly limits: LaneConfig["queue"];
  readonly whenFull: NonNullable<LaneConfig["whenFull"]>;
  readonly ledger: Ledger;
  sizeOf(instance: Instance): number;
  now(): number;
}

/** A lane that makes senders wait has room again at this share of its limits, so that they do not come and go for each item. */
const REOPEN = 0.9;

/** A queue in memory, bounded by items and bytes. What is under way counts as waiting: it takes as much memory. */
export function createMemoryBacklog(options: MemoryBacklogOptions): Backlog {
  const { limits, whenFull, ledger, sizeOf, now, onChange } = options;
  let queue: (Item | undefined)[] = [];
  let head = 0;
  let bytes = 0;
  let underWay: Item[] = [];
  let underWayBytes = 0;
  let pending = 0;
  let isFull = false;

  const length = () => queue.length - head;
  const isOver = (share: number) =>
    length() + underWay.length >= limits.maxItems * share || bytes + underWayBytes >= limits.maxBytes * share;

  const shift = (): Item => {
    const item = queue[head] as Item;
    queue[head++] = undefined;
    bytes -= item.bytes;
    if (head > 1024 && head * 2 > queue.length) {
      queue = queue.slice(head);
      head = 0;
    }
    return item;
  };

  const drop = ({ records }: { readonly records: number }) => {
    pending -= records;
    ledger.drop("queue_full", records);
  };

  /** Whether there is room for one more, made by dropping the oldest if that is the rule. */
  const makeRoom = (): boolean => {
    if (!isOver(1)) return true;
    if (whenFull === "block") return true; // The intake waits; what was under way to us still finds a place.
    while (whenFull === "drop_oldest" && length() > 0 && isOver(1)) drop(shift());
    return !isOver(1);
  };

  const changed = () => {
    isFull = isOver(isFull ? REOPEN : 1);
    onChange();
  };

  const done = (items: readonly Item[]) => {
    const ended = new Set(items);
    underWay = underWay.filter((item) => !ended.has(item));
    underWayBytes -= bytesIn(items);
    pending -= recordsIn(items);
    changed();
  };

  return {
    offer(instance, records) {
      pending += records;
      if (!makeRoom()) return drop({ records });
      const item = { instance, bytes: sizeOf(instance), records, timeMs: now() };
      queue.push(item);
      bytes += item.bytes;
      changed();
    },
    async take(maxItems, maxBytes) {
      const taken: Item[] = [];
      let size = 0;
      while (length() > 0 && taken.length < maxItems) {
        const next = queue[head] as Item;
        if (taken.length > 0 && size + next.bytes > maxBytes) break;
        size += next.bytes;
        taken.push(shift());
      }
      underWay = [...underWay, ...taken];
      underWayBytes += size;
      return taken;
    },
    done,
    giveBack(items) {
      ledger.drop("closed", recordsIn(items));
      done(items);
    },
    kept: () => undefined,
    get state() {
      const waitingSinceMs = queue[head]?.timeMs;
      return {
        items: length(),
        bytes,
        pending,
        waitingSinceMs,
        oldestMs: underWay[0]?.timeMs ?? waitingSinceMs,
        isFull: whenFull === "block" && isFull,
      };
    },
    async close() {
      while (length() > 0) {
        const { records } = shift();
        pending -= records;
        ledger.drop("closed", records);
      }
    },
  };
}

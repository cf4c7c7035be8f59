import { crc32c } from "../../schemas/model/crc32c.ts";
import { errorText } from "../../schemas/model/error-text.ts";
import type { Instance } from "../../schemas/model/instance.ts";
import { OverloadError } from "../../schemas/model/overload.ts";
import type { LaneConfig } from "../config/lane-schema.ts";
import type { Backlog, BacklogListener } from "./backlog.ts";
import { decodeItem, encodeItem } from "./codec.ts";
import { createHandedOut } from "./handed-out.ts";
import { type Item, recordsIn } from "./item.ts";
import type { Ledger } from "./ledger.ts";
import type { Spool } from "./spool/spool.ts";
import { keepHeapSmall } from "./thrifty-heap.ts";

/** What a backlog on disk is made of. */
export interface DurableBacklogOptions extends BacklogListener {
  readonly handler: string;
  /** The log, once it may be used: another hub, or this handler's former lane, may still have it. */
  readonly spool: Promise<Spool>;
  /** What is in the log has been counted by this ledger before. */
  readonly isKnown: boolean;
  /** What may wait in memory to be written. */
  readonly limits: LaneConfig["queue"];
  readonly whenFull: NonNullable<LaneConfig["whenFull"]>;
  readonly ledger: Ledger;
  sizeOf(instance: Instance): number;
  now(): number;
}

/** A backlog on disk. */
export interface DurableBacklog extends Backlog {
  /** The log passed over damaged items that had been pending. */
  passedOver(items: number): void;
  /** The last items appended could not be written. */
  lost(items: number): void;
}

/** How long a sender should wait that is told to come again. */
const RETRY_AFTER_MS = 1000;

/** What names an item wherever it is read: when it was offered, its place in the log, and what is in it, as other hubs have logs, too. */
function nameOf(payload: Uint8Array, timeMs: number, position: number): string {
  return [timeMs, position, crc32c(payload)].map((number) => number.toString(36)).join("-");
}

/** Items wait in a log on disk: offered ones are written, and read back when their turn comes. */
export function createDurableBacklog(options: DurableBacklogOptions): DurableBacklog {
  const { handler, limits, whenFull, ledger, sizeOf, now, onChange } = options;
  const handed = createHandedOut((position) => log?.acknowledge(position));
  let log: Spool | undefined;
  let fault: string | undefined;
  /** What came before the log could be used. */
  const early: { readonly payload: Buffer; readonly records: number }[] = [];
  let earlyBytes = 0;
  /** What each item appended and not known to be written stands for, in order. */
  let inDoubt: number[] = [];
  /** Writes that failed. */
  let failures = 0;
  /** Items from before the log was opened that have not been read: what they stand for is not known yet. */
  let unseen = 0;
  let pending = 0;
  let waitingSinceMs: number | undefined;
  let commit: Promise<void> | undefined;
  let closed = false;

  const trouble = () => fault ?? log?.state().trouble;
  const isOver = () =>
    (log?.state().unwritten ?? early.length) >= limits.maxItems || (log === undefined && earlyBytes >= limits.maxBytes);
  const unread = () => log?.state().readable ?? 0;

  const drop = (reason: string, records: number) => {
    pending -= records;
    ledger.drop(reason, records);
  };

  /** Keeps the time since when there has been something to take, and tells the lane. */
  const changed = () => {
    waitingSinceMs = unread() === 0 ? undefined : (waitingSinceMs ?? now());
    keepHeapSmall(handed, log?.state().bytes ?? 0, closed ? 0 : unread());
    onChange();
  };

  const opened = options.spool.then(
    (spool) => {
      log = spool;
      unseen = spool.state().pending;
      pending += unseen;
      if (!options.isKnown) ledger.recovered += unseen;
      for (const { payload, records } of early.splice(0)) append(payload, records);
      changed();
    },
    (error: unknown) => {
      fault = "disk_error";
      for (const { records } of early.splice(0)) drop(fault, records);
      throw error;
    },
  );
  opened.catch(() => {});

  const append = (payload: Buffer, records: number) => {
    scheduleWrite();
    if (log === undefined) {
      early.push({ payload, records });
      earlyBytes += payload.length;
    } else if (log.append(payload)) inDoubt.push(records);
    else {
      failures++;
      drop(trouble() ?? "too_large", records);
    }
  };

  const write = async (failuresBefore: number): Promise<void> => {
    await opened;
    try {
      await log?.commit();
      // What was appended since may have been lost in a write that was not ours.
      if (failures !== failuresBefore) throw new Error("the disk does not take it");
    } finally {
      inDoubt = inDoubt.slice(Math.max(0, inDoubt.length - (log?.state().unwritten ?? 0)));
      changed();
    }
  };

  /** All that is offered in this turn of the event loop is written at once. */
  const scheduleWrite = () => {
    if (commit !== undefined) return;
    const failuresBefore = failures;
    const turn = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      commit = undefined;
      return write(failuresBefore);
    });
    commit = turn.catch((error: unknown) => {
      if (whenFull === "block")
        throw new OverloadError(`handler ${handler} could not keep it on disk: ${errorText(error)}`, RETRY_AFTER_MS);
    });
    commit.catch(() => {});
  };

  const toItem = (payload: Buffer, position: number): Item | undefined => {
    const stored = decodeItem(payload);
    const records = stored?.records ?? 1;
    if (unseen > 0) {
      unseen--;
      pending += records - 1;
      if (!options.isKnown) ledger.recovered += records - 1;
    }
    if (stored === undefined) {
      drop("damaged", records);
      return undefined;
    }
    const { timeMs, instance } = stored;
    const named = { ...instance, id: instance.id ?? nameOf(payload, timeMs, position) };
    return { ...stored, instance: named, position, bytes: sizeOf(named) };
  };

  return {
    offer(instance, records) {
      pending += records;
      if (closed) return drop("closed", records);
      if (fault !== undefined) return drop(fault, records);
      if (whenFull !== "block" && isOver()) return drop("queue_full", records);
      append(encodeItem({ instance, records, timeMs: now() }), records);
    },
    async take(maxItems, maxBytes) {
      const records = (await log?.read(maxItems, maxBytes)) ?? [];
      // What did not fit in one batch waits for no others.
      waitingSinceMs = records.length > 0 && records.length < maxItems && unread() > 0 ? 0 : undefined;
      const items: Item[] = [];
      for (const { payload, position } of records) {
        const item = toItem(payload, position);
        handed.add(position, item === undefined);
        if (item !== undefined) items.push(item);
      }
      handed.acknowledge();
      changed();
      return items;
    },
    done(items) {
      pending -= recordsIn(items);
      for (const { position = -1 } of items) handed.end(position);
      handed.acknowledge();
      changed();
    },
    giveBack() {},
    passedOver(items) {
      if (log !== undefined) {
        unseen = Math.max(0, unseen - items);
        drop("damaged", items);
        return;
      }
      // Found while the log is opened: they are not among what it says is pending.
      if (!options.isKnown) ledger.recovered += items;
      ledger.drop("damaged", items);
    },
    lost(items) {
      failures++;
      const lost = inDoubt.splice(Math.max(0, inDoubt.length - items));
      drop(
        trouble() ?? "disk_error",
        lost.reduce((sum, records) => sum + records, 0),
      );
    },
    kept: () => commit,
    get state() {
      return {
        items: unread(),
        bytes: 0,
        pending,
        waitingSinceMs,
        oldestMs: log?.state().oldestMs,
        isFull: whenFull === "block" && (trouble() !== undefined || isOver()),
      };
    },
    async close() {
      closed = true;
      if (log === undefined) {
        for (const { records } of early.splice(0)) drop("closed", records);
        return;
      }
      await commit?.catch(() => {});
      keepHeapSmall(handed, 0, 0);
      await log.close();
    },
  };
}

import type { Instance } from "../../schemas/model/instance.ts";
import type { DurableConfig, LaneConfig } from "../config/lane-schema.ts";
import type { Backlog, BacklogListener } from "./backlog.ts";
import type { Clock } from "./clock.ts";
import { createDeadLetterBox, type DeadLetterBox } from "./dead-letter-box.ts";
import { createDurableBacklog, type DurableBacklog } from "./durable-backlog.ts";
import { type Item, recordsIn } from "./item.ts";
import type { Ledger } from "./ledger.ts";
import { createMemoryBacklog } from "./memory-backlog.ts";
import { withReplays } from "./replayer.ts";
import { handlerFolder } from "./spool/handler-folders.ts";
import { openSpool } from "./spool/open-spool.ts";
import type { Spool, SpoolEvents } from "./spool/spool.ts";
import { acquireSpoolLock, type SpoolLock } from "./spool/spool-lock.ts";

/** Where lanes keep what waits, and what no backend takes. */
export interface Storage {
  /**
   * The place of one handler's items. `hasFormer`: another lane of this handler has it until `takeOver`. Rejects if its log on disk cannot
   * be opened.
   */
  place(handler: PlacedHandler, ledger: Ledger, hasFormer: boolean): Promise<Place>;
  /** To be called when all lanes are closed. */
  close(): Promise<void>;
}

/** What of a handler matters to where its items are kept. */
export interface PlacedHandler {
  readonly name: string;
  readonly lane: LaneConfig;
}

/** Where one lane's items wait, and where those end that no backend takes. */
export interface Place {
  openBacklog(parts: BacklogListener & { sizeOf(instance: Instance): number }): Backlog;
  /** Sets items aside for good, with the reason. For items of a log on disk, resolves when they are safe from a crash here, too. */
  bury(items: readonly Item[], reason: string, attempts: number): Promise<void> | undefined;
  /** The former lane lets go of the log when this resolves; if it rejects, this lane is not wanted after all. */
  takeOver(former: Promise<void>): void;
}

/** What storage is made of. */
export interface StorageOptions {
  /** The folder of all logs; made when the first is needed. */
  readonly directory: string;
  readonly clock: Clock;
  readonly events: StorageEvents;
}

/** What storage tells, by handler. */
export interface StorageEvents {
  quarantined(handler: string, records: number, bytes: number, file: string): void;
  torn(handler: string, bytes: number): void;
  trouble(handler: string, trouble: string | undefined, detail: string): void;
  /** Dead letters that are gone: the oldest to make room, or new ones that the disk did not take. */
  deadLettersDropped(handler: string, letters: number, why: "expired" | "disk"): void;
  /** Another hub has the logs; this one waits for it. */
  waiting(directory: string): void;
  /** A log or the dead letters cannot be used. */
  unusable(handler: string, error: unknown): void;
}

/** Storage of a hub: one folder for each handler, and a lock on all of them, taken when the first is needed. */
export function createStorage({ directory, clock, events }: StorageOptions): Storage {
  const closing = new AbortController();
  let lock: SpoolLock | undefined;
  let locking: Promise<SpoolLock> | undefined;
  const isWaiting = Promise.withResolvers<void>();
  const dead = new Map<string, DeadLetterBox>();
  const folder = (handler: string) => handlerFolder(directory, handler);

  const locked = (): Promise<SpoolLock> => {
    locking ??= acquireSpoolLock(directory, { signal: closing.signal, onWait }).then((held) => {
      lock = held;
      return held;
    });
    return locking;
  };

  const onWait = () => {
    isWaiting.resolve();
    events.waiting(directory);
  };

  const boxOf = (name: string): DeadLetterBox => {
    const box = dead.get(name) ?? openBox(name);
    dead.set(name, box);
    return box;
  };

  const openBox = (name: string): DeadLetterBox =>
    createDeadLetterBox({
      handler: name,
      directory: folder(name),
      usable: locked,
      clock,
      events: { ...eventsOf(name), dropped: (letters, why) => events.deadLettersDropped(name, letters, why) },
    });

  const eventsOf = (name: string) => ({
    quarantined: (records: number, bytes: number, file: string) => events.quarantined(name, records, bytes, file),
    torn: (bytes: number) => events.torn(name, bytes),
    unusable: (error: unknown) => events.unusable(name, error),
  });

  return {
    async place({ name, lane: config }, ledger, hasFormer) {
      const { durable, queue: limits, whenFull } = config;
      const bury: Place["bury"] = (items, reason, attempts) => {
        const written = boxOf(name).add(items, reason, attempts);
        const count = () => {
          ledger.deadLettered += recordsIn(items);
        };
        return durable === false ? void count() : written.then(count);
      };
      const replayed = (backlog: Backlog): Backlog =>
        withReplays({ directory: folder(name), backlog, ledger, clock, usable: locked, events: eventsOf(name) });
      if (durable === false) {
        const openBacklog: Place["openBacklog"] = (parts) =>
          replayed(
            createMemoryBacklog({ ...parts, limits, whenFull: whenFull ?? "drop_newest", ledger, now: clock.now }),
          );
        return { openBacklog, bury, takeOver: (closed) => void closed.catch(() => {}) };
      }
      const former = Promise.withResolvers<void>();
      if (!hasFormer) former.resolve();
      let backlog: DurableBacklog | undefined;
      const spool = openLog(name, durable, ledger, former.promise, () => backlog);
      spool.catch((error: unknown) => closing.signal.aborted || events.unusable(name, error));
      // A hub that waits for another one's logs starts all the same; what comes meanwhile waits in memory.
      if (!hasFormer) await Promise.race([spool, isWaiting.promise]);
      return {
        bury,
        openBacklog(parts) {
          backlog = createDurableBacklog({
            ...parts,
            ...{
              handler: name,
              spool,
              isKnown: hasFormer,
              limits,
              whenFull: whenFull ?? "block",
              ledger,
              now: clock.now,
            },
          });
          return replayed(backlog);
        },
        takeOver: (closed) => void closed.then(former.resolve, former.reject),
      };
    },
    async close() {
      await Promise.all([...dead.values()].map((box) => box.close()));
      closing.abort(new Error("the hub stopped"));
      lock?.release();
    },
  };

  async function openLog(
    name: string,
    config: DurableConfig,
    ledger: Ledger,
    former: Promise<void>,
    backlog: () => DurableBacklog | undefined,
  ): Promise<Spool> {
    const own = eventsOf(name);
    const told: SpoolEvents = {
      ...own,
      passedOver(items) {
        const waiting = backlog();
        if (waiting !== undefined) return waiting.passedOver(items);
        // Found while the log is opened, before there is anything to wait in.
        ledger.recovered += items;
        ledger.drop("damaged", items);
      },
      trouble: (trouble, detail) => events.trouble(name, trouble, detail),
      lost: (records) => backlog()?.lost(records),
    };
    await former;
    await locked();
    return openSpool({ directory: folder(name), config, events: told, now: clock.now });
  }
}

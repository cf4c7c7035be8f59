import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Backlog } from "./backlog.ts";
import type { Clock } from "./clock.ts";
import { decodeItem } from "./codec.ts";
import type { Ledger } from "./ledger.ts";
import { takeReplays } from "./spool/replays.ts";
import type { SpoolEvents } from "./spool/spool.ts";

/** What a replayer works with. */
export interface ReplayerOptions {
  /** The handler's folder. */
  readonly directory: string;
  readonly backlog: Backlog;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly events: Pick<SpoolEvents, "quarantined" | "torn"> & { unusable(error: unknown): void };
  /** Resolves when the folder may be used. */
  usable(): Promise<unknown>;
}

/** How often it is looked whether there is something to replay. */
const LOOK_MS = 5000;
/** Letters taken at once; as many may wait in the lane before more come. */
const CHUNK = { items: 500, bytes: 4_194_304 };

/** A backlog that is given the dead letters that `mixdown spool replay` has set down for it, as room allows. */
export function withReplays({ directory, backlog, ledger, clock, events, usable }: ReplayerOptions): Backlog {
  let running = Promise.resolve();
  let isClosed = false;
  let isWaiting = false;
  let cancel = () => {};

  /** Whether all that is there has been taken over. */
  const takeOver = async (): Promise<void> => {
    isWaiting = true;
    await usable();
    isWaiting = false;
    if (isClosed) return;
    const replays = await takeReplays({ directory, events, now: clock.now });
    try {
      while (replays !== undefined && !isClosed && backlog.state.items < CHUNK.items) {
        const letters = await replays.read(CHUNK.items, CHUNK.bytes);
        const last = letters.at(-1);
        if (last === undefined) return;
        for (const { letter } of letters) offer(letter.payload);
        await backlog.kept();
        replays.acknowledge(last.position);
      }
    } finally {
      await replays?.close();
    }
  };

  const offer = (payload: Uint8Array) => {
    const stored = decodeItem(payload);
    if (stored === undefined) return;
    ledger.recovered += stored.records;
    backlog.offer(stored.instance, stored.records);
  };

  const look = () => {
    running = (existsSync(join(directory, "replay")) ? takeOver() : Promise.resolve()).catch(events.unusable);
    running.then(() => {
      if (!isClosed) cancel = clock.after(LOOK_MS, look);
    });
  };
  look();

  return {
    offer: backlog.offer,
    take: backlog.take,
    done: backlog.done,
    giveBack: backlog.giveBack,
    kept: backlog.kept,
    get state() {
      return backlog.state;
    },
    async close() {
      isClosed = true;
      cancel();
      if (!isWaiting) await running;
      await backlog.close();
    },
  };
}

import type { Clock } from "./clock.ts";
import { encodeItem } from "./codec.ts";
import type { Item } from "./item.ts";
import { type DeadLetterEvents, type DeadLetters, openDeadLetters } from "./spool/dead-letters.ts";

/** Takes what a backend refused for good, and has it on disk as soon as that can be used. */
export interface DeadLetterBox {
  /** Never rejects; what cannot be kept is told as dropped. Resolves when that is known of all items. */
  add(items: readonly Item[], reason: string, attempts: number): Promise<void>;
  close(): Promise<void>;
}

/** What a box is made of. */
export interface DeadLetterBoxOptions {
  readonly handler: string;
  /** The handler's folder. */
  readonly directory: string;
  /** Resolves when the folder may be used; asked when the first letter comes. */
  usable(): Promise<unknown>;
  readonly clock: Clock;
  readonly events: DeadLetterEvents & { unusable(error: unknown): void };
}

/** Most bytes of one handler's dead letters on disk. */
const MAX_BYTES = 268_435_456;
/** Letters that wait in memory until the folder may be used. */
const MAX_WAITING = 10_000;

/** A box that opens its folder when the first letter comes. */
export function createDeadLetterBox({
  handler,
  directory,
  usable,
  clock,
  events,
}: DeadLetterBoxOptions): DeadLetterBox {
  let letters: Promise<DeadLetters | undefined> | undefined;
  let waiting = 0;

  const open = async (): Promise<DeadLetters | undefined> => {
    try {
      await usable();
      return await openDeadLetters({ directory, maxBytes: MAX_BYTES, events, now: clock.now });
    } catch (error) {
      events.unusable(error);
      return undefined;
    }
  };

  return {
    async add(items, reason, attempts) {
      if (waiting + items.length > MAX_WAITING) return events.dropped(items.length, "disk");
      waiting += items.length;
      letters ??= open();
      const opened = await letters;
      waiting -= items.length;
      if (opened === undefined) return events.dropped(items.length, "disk");
      for (const item of items)
        opened.add({ handler, reason, attempts, timeMs: clock.now(), payload: encodeItem(item) });
      await opened.flush();
    },
    async close() {
      await (await letters)?.close();
    },
  };
}

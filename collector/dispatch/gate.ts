import { OverloadError } from "../../schemas/model/overload.ts";
import type { Clock } from "./clock.ts";
import type { Lane } from "./lane.ts";

/** All lanes together, as the intake sees them. */
export interface Gate {
  /**
   * Undefined if more may come; else resolves once no lane that makes senders wait is full. Rejects with an OverloadError after
   * `maxWaitMs`, if given.
   */
  room(maxWaitMs?: number): Promise<void> | undefined;
  /** Undefined unless something offered is still being written to disk; rejects with an OverloadError if it could not be kept. */
  kept(): Promise<void> | undefined;
}

/** A gate that is to be told when there may be room again. */
export interface MovedGate extends Gate {
  changed(): void;
}

/** How long a sender should wait that is told to come again. */
const RETRY_AFTER_MS = 1000;

/** The gate of these lanes. */
export function createGate(lanes: () => readonly Lane[], clock: Clock): MovedGate {
  const waiting = new Set<() => void>();
  const full = () => lanes().filter(({ isFull }) => isFull);

  const wait = (maxWaitMs: number | undefined) =>
    new Promise<void>((resolve, reject) => {
      const goOn = () => {
        cancel();
        waiting.delete(goOn);
        resolve();
      };
      const giveUp = () => {
        waiting.delete(goOn);
        const names = full().map(({ handler }) => handler);
        reject(new OverloadError(`no room in the lane of ${names.join(", ")}: send it again later`, RETRY_AFTER_MS));
      };
      const cancel = maxWaitMs === undefined ? () => {} : clock.after(maxWaitMs, giveUp);
      waiting.add(goOn);
    });

  return {
    room: (maxWaitMs) => (full().length === 0 ? undefined : wait(maxWaitMs)),
    kept() {
      const writes = lanes().flatMap((lane) => lane.kept() ?? []);
      return writes.length === 0 ? undefined : Promise.all(writes).then(() => {});
    },
    changed() {
      if (waiting.size === 0 || full().length > 0) return;
      for (const goOn of [...waiting]) goOn();
    },
  };
}

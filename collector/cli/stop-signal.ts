import type { EventEmitter } from "node:events";

const stopSignals = ["SIGTERM", "SIGINT"] as const;

/** Signals closer together than this may be one: npm passes on a signal that its whole process group got already. */
const TWIN_MS = 100;
/** How long a hub whose second signal may be a twin has to end in good order. */
const TWIN_GRACE_MS = 1_000;

/**
 * Waits for the signal to stop: resolves with the first one to come; any later one, of whatever kind, calls `exit`, a
 * second late if it comes on the heels of the first. It listens from the call on, so that a signal that comes while the
 * hub still opens does not kill the process.
 */
export function stopSignal(process: EventEmitter, exit: () => void): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let first: number | undefined;
    for (const signal of stopSignals)
      process.on(signal, () => {
        if (first === undefined) {
          first = performance.now();
          resolve(signal);
        } else if (performance.now() - first < TWIN_MS) setTimeout(exit, TWIN_GRACE_MS).unref();
        else exit();
      });
  });
}

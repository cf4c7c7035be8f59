import type { EventEmitter } from "node:events";

const stopSignals = ["SIGTERM", "SIGINT"] as const;

/**
 * Waits for the signal to stop: resolves with the first one to come; any later one, of whatever kind, calls `exit`. It
 * listens from the call on, so that a signal that comes while the hub still opens does not kill the process.
 */
export function stopSignal(process: EventEmitter, exit: () => void): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let told = false;
    for (const signal of stopSignals)
      process.on(signal, () => {
        if (told) exit();
        told = true;
        resolve(signal);
      });
  });
}

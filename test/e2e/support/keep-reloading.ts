import { writeFileSync } from "node:fs";
import { stringify } from "yaml";
import type { Hub } from "./hub.ts";
import { pause, waitUntil } from "./wait.ts";

/** Something that is changed again and again beside a test. */
export interface Changing {
  /** Ends it; gives how often it was changed. */
  stop(): Promise<number>;
}

/** Gives a hub new settings, each as soon as the ones before are live; its log tells, since asking for its metrics would cost it more. */
export function keepReloading(hub: Hub, settingsOf: (round: number) => unknown): Changing {
  const applied = () => hub.log().filter(({ msg }) => msg === "reloaded").length;
  return keepChanging(async (round) => {
    const before = applied();
    hub.configure(settingsOf(round));
    await waitUntil(`reload ${round}`, () => applied() > before);
  });
}

/** Writes a file anew. */
export function keepRewriting(file: string, contentOf: (round: number) => unknown): Changing {
  return keepChanging(async (round) => writeFileSync(file, stringify(contentOf(round))));
}

const betweenMs = 200;

function keepChanging(change: (round: number) => Promise<void>): Changing {
  let running = true;
  const run = async () => {
    let rounds = 0;
    while (running) {
      await change(++rounds);
      await pause(betweenMs);
    }
    return rounds;
  };
  const changing = run();
  return {
    stop() {
      running = false;
      return changing;
    },
  };
}

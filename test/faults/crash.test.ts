import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../e2e/support/folder.ts";
import { pause } from "../e2e/support/wait.ts";
import { root } from "../support/documents.ts";
import { type Backend, type Fault, faults, startBackend } from "./support/backend.ts";
import { buryDeadLetters } from "./support/dead-letters.ts";
import { batchItems, configure, drainAndStop, type FaultHubOptions, startFaultHub } from "./support/hub.ts";
import { Judge } from "./support/judge.ts";
import { type Producer, startProducer } from "./support/producer.ts";
import { createRandom, type Random } from "./support/random.ts";
import { runs, seed } from "./support/settings.ts";

const perGroup = 10;
const groups = Array.from({ length: Math.ceil(runs / perGroup) }, (_, index) => ({
  seed: seed + index,
  crashes: Math.min(perGroup, runs - index * perGroup),
}));

/** Answers well most of the time, and otherwise in one or two of the ways to fail. */
function behaviour(random: Random): () => Fault {
  const bad = [random.pick(faults), random.pick(faults)];
  const share = random.pick([0, 0.2, 0.6]);
  return () => (random.next() < share ? random.pick(bad) : "none");
}

function settings(folder: string, url: string, random: Random): FaultHubOptions {
  const env = { NODE_OPTIONS: `--import=${join(root, "test/faults/support/clock-jumps.mjs")}` };
  return {
    folder,
    url,
    durable: { fsync: random.pick(["always", "interval", "never"]), fsyncInterval: "10ms" },
    handler: { concurrency: 1, retry: { initial: random.pick(["5ms", "20ms"]), max: "100ms" } },
    ...(random.next() < 0.3 ? { env } : {}),
  };
}

/** One start and one kill: while it starts, at work, or during a reload. */
async function crash(folder: string, backend: Backend, producer: Producer, random: Random): Promise<void> {
  backend.behave(behaviour(random));
  const hub = startFaultHub(settings(folder, backend.url, random));
  if (random.next() < 0.15) {
    await pause(random.below(800));
  } else {
    const listeners = await hub.ready();
    expect(listeners, hub.child.stderr()).toBeDefined();
    producer.target(listeners?.http);
    await pause(random.below(400));
    if (random.next() < 0.3) {
      configure(settings(folder, backend.url, random));
      await pause(random.below(300));
    }
  }
  hub.child.signal("SIGKILL");
  expect(await hub.child.ended(), hub.child.stderr()).toBe("SIGKILL");
  producer.target(undefined);
}

describe(`kill -9 at random moments (FAULT_RUNS=${runs} FAULT_SEED=${seed})`, () => {
  it.each(groups)("loses and alters nothing in $crashes crashes, seed $seed", async ({ seed, crashes }) => {
    const random = createRandom(seed);
    const folder = temporaryFolder("faults");
    const judge = new Judge();
    const backend = await startBackend(judge);
    const producer = startProducer(`s${seed}`, judge, createRandom(seed + 1));
    try {
      for (let run = 0; run < crashes; run++) await crash(folder.path, backend, producer, random);
      backend.behave(() => "none");
      const { dropped } = await drainAndStop(startFaultHub({ folder: folder.path, url: backend.url }));
      await producer.stop();
      await buryDeadLetters(join(folder.path, "data"), judge);
      const verdict = judge.verdict();
      console.log(`seed ${seed}: ${JSON.stringify({ ...verdict, lost: verdict.lost.length })}`);
      expect(verdict.acknowledged).toBeGreaterThan(100);
      expect(verdict).toMatchObject({ lost: [], altered: [] });
      expect(verdict.duplicates).toBeLessThanOrEqual(crashes * batchItems);
      expect(dropped).toEqual({});
    } finally {
      await producer.stop();
      await backend.close();
      folder.remove();
    }
  });
});

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../e2e/support/folder.ts";
import { pause } from "../e2e/support/wait.ts";
import { type Backend, faults, startBackend } from "./support/backend.ts";
import { buryDeadLetters } from "./support/dead-letters.ts";
import { drainAndStop, type FaultHub, startFaultHub } from "./support/hub.ts";
import { Judge } from "./support/judge.ts";
import { startProducer } from "./support/producer.ts";
import { createRandom } from "./support/random.ts";
import { seed } from "./support/settings.ts";

describe("a backend that fails", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let judge: Judge;
  let backend: Backend;
  let hub: FaultHub;

  beforeEach(async () => {
    folder = temporaryFolder("faults");
    judge = new Judge();
    backend = await startBackend(judge);
    hub = startFaultHub({ folder: folder.path, url: backend.url });
  });

  afterEach(async () => {
    await hub.child.stop("SIGKILL");
    await backend.close();
    folder.remove();
  });

  it.each(faults)("%s: everything that was acknowledged arrives once it works again, and only once", async (fault) => {
    const listeners = await hub.ready();
    const producer = startProducer(fault, judge, createRandom(seed));
    producer.target(listeners?.http);
    await pause(200);
    backend.behave(() => fault);
    await pause(1500);
    backend.behave(() => "none");
    await pause(200);
    await producer.stop();
    expect(producer.refused).toBe(0);
    const { dropped } = await drainAndStop(hub);
    await buryDeadLetters(`${folder.path}/data`, judge);
    const verdict = judge.verdict();
    expect(verdict).toMatchObject({ lost: [], altered: [], duplicates: 0 });
    expect(verdict.acknowledged).toBeGreaterThan(1000);
    expect(verdict.deadLettered > 0).toBe(fault === "refused");
    expect(dropped).toEqual({});
  });
});

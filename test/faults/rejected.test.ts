import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../e2e/support/folder.ts";
import { pause, waitUntil } from "../e2e/support/wait.ts";
import { root } from "../support/documents.ts";
import { startBackend } from "./support/backend.ts";
import { buryDeadLetters } from "./support/dead-letters.ts";
import { drainAndStop, startFaultHub, stateOf } from "./support/hub.ts";
import { Judge } from "./support/judge.ts";
import { startProducer } from "./support/producer.ts";
import { createRandom } from "./support/random.ts";
import { seed } from "./support/settings.ts";

const kills = 12;

it("what a backend refuses for good is a dead letter, also when the hub is killed the moment it hears of it", async () => {
  const random = createRandom(seed);
  const folder = temporaryFolder("faults");
  const judge = new Judge();
  const backend = await startBackend(judge);
  const producer = startProducer("rejected", judge, random);
  try {
    for (let kill = 0; kill < kills; kill++) {
      let left = 1 + random.below(20);
      const hub = startFaultHub({ folder: folder.path, url: backend.url });
      backend.behave(() => {
        if (--left === 0) setTimeout(() => hub.child.signal("SIGKILL"), random.below(4));
        return "refused";
      });
      producer.target((await hub.ready())?.http);
      await waitUntil("the kill", () => hub.child.status() !== undefined);
      producer.target(undefined);
    }
    backend.behave(() => "refused");
    await drainAndStop(startFaultHub({ folder: folder.path, url: backend.url }));
    await producer.stop();
    await buryDeadLetters(join(folder.path, "data"), judge);
    const { acknowledged, lost, altered } = judge.verdict();
    expect(acknowledged).toBeGreaterThan(100);
    expect({ lost, altered }).toEqual({ lost: [], altered: [] });
  } finally {
    await producer.stop();
    await backend.close();
    folder.remove();
  }
});

it("dead letters are delivered when they are replayed beside the running hub", async () => {
  const folder = temporaryFolder("faults");
  const dataDir = join(folder.path, "data");
  const judge = new Judge();
  const backend = await startBackend(judge);
  const producer = startProducer("replayed", judge, createRandom(seed));
  const hub = startFaultHub({ folder: folder.path, url: backend.url });
  try {
    backend.behave(() => "refused");
    producer.target((await hub.ready())?.http);
    await waitUntil("records", () => judge.acknowledged > 500);
    await producer.stop();
    const admin = (await hub.ready())!.admin!;
    await waitUntil("dead letters", async () => (await stateOf(admin)).pending === 0);
    backend.behave(() => "none");
    const replay = () =>
      execFileSync(process.execPath, ["bin/mixdown.js", "spool", "replay", "sink", "--data-dir", dataDir], {
        cwd: root,
        encoding: "utf8",
        stdio: "pipe",
      });
    await waitUntil("the files to be closed, and their letters to be delivered", async () => {
      replay();
      await pause(500);
      return judge.delivered >= judge.acknowledged;
    });
    await drainAndStop(hub);
    expect(judge.verdict()).toMatchObject({ lost: [], altered: [], duplicates: 0 });
  } finally {
    await producer.stop();
    await hub.child.stop("SIGKILL");
    await backend.close();
    folder.remove();
  }
});

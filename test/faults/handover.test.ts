import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../e2e/support/folder.ts";
import { pause, waitUntil } from "../e2e/support/wait.ts";
import { startBackend } from "./support/backend.ts";
import { batchItems, drainAndStop, startFaultHub } from "./support/hub.ts";
import { Judge } from "./support/judge.ts";
import { startProducer } from "./support/producer.ts";
import { createRandom } from "./support/random.ts";
import { seed } from "./support/settings.ts";

it.each(["SIGTERM", "SIGKILL"] as const)(
  "a hub that starts beside another takes over its log when that one ends by %s",
  async (signal) => {
    const folder = temporaryFolder("faults");
    const judge = new Judge();
    const backend = await startBackend(judge);
    const former = startProducer("former", judge, createRandom(seed));
    const latter = startProducer("latter", judge, createRandom(seed + 1));
    const options = { folder: folder.path, dataDir: join(folder.path, "data"), url: backend.url };
    const old = startFaultHub(options);
    try {
      backend.behave(() => "slow");
      former.target((await old.ready())?.http);
      await waitUntil("a backlog", () => judge.acknowledged > 1000);
      const next = startFaultHub(options);
      latter.target((await next.ready())?.http);
      await pause(300);
      await former.stop();
      backend.behave(() => "none");
      old.child.signal(signal);
      expect(await old.child.ended()).toBe(signal === "SIGTERM" ? 0 : signal);
      const before = judge.acknowledged;
      await waitUntil("reports to be taken", () => judge.acknowledged > before + 500);
      await latter.stop();
      expect(latter.refused).toBe(0);
      const { dropped } = await drainAndStop(next);
      expect(judge.verdict()).toMatchObject({ lost: [], altered: [] });
      expect(judge.verdict().duplicates).toBeLessThanOrEqual(signal === "SIGTERM" ? 0 : batchItems);
      expect(dropped).toEqual({});
    } finally {
      await Promise.all([former.stop(), latter.stop()]);
      await old.child.stop("SIGKILL");
      await backend.close();
      folder.remove();
    }
  },
);

import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { aFolder } from "./spool.fixture.ts";
import { acquireSpoolLock, trySpoolLock } from "./spool-lock.ts";

it("is held by one, until it is released", async () => {
  const root = aFolder();
  const lock = await acquireSpoolLock(root);
  expect(await trySpoolLock(root)).toBeUndefined();
  let waits = 0;
  const second = acquireSpoolLock(root, { onWait: () => waits++ });
  await expect.poll(() => waits).toBe(1);
  lock.release();
  (await second).release();
});

it("is given up when the signal says so", async () => {
  const root = aFolder();
  const lock = await acquireSpoolLock(root);
  await expect(acquireSpoolLock(root, { signal: AbortSignal.timeout(10) })).rejects.toThrow("timeout");
  lock.release();
});

it("is free once the process that held it is killed", async () => {
  const root = aFolder();
  const module = new URL("./spool-lock.ts", import.meta.url).href;
  const script = `import { acquireSpoolLock } from ${JSON.stringify(module)};
    await acquireSpoolLock(${JSON.stringify(root)});
    console.log("held");
    setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(holder.stdout, "data");
  expect(await trySpoolLock(root)).toBeUndefined();
  holder.kill("SIGKILL");
  await once(holder, "exit");
  (await acquireSpoolLock(root)).release();
});

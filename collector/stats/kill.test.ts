import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { statsConfig } from "../config/stats-schema.ts";
import { openStats } from "./stats.ts";

const start = Date.parse("2026-03-01T12:00:00Z");
const child = new URL("../../test/support/stats-child.ts", import.meta.url).pathname;

it("has the same sums after kill -9, 12 s after the last request", async () => {
  const directory = mkdtempSync(join(tmpdir(), "mixdown-stats-"));
  try {
    const hub = spawn(process.execPath, [child, directory, `${start}`, "1000"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(hub.stdout, "data");
    hub.kill("SIGKILL");
    await once(hub, "exit");
    const lines: string[] = [];
    const log = {
      info() {},
      warn: (_: object, text: string) => lines.push(text),
      error: (_: object, text: string) => lines.push(text),
    };
    const now = () => start + 60_000;
    const stats = await openStats({ config: statsConfig.parse({}), directory, log, now });
    const query = { from: start, to: now(), reporter: "auto", limit: 10, sort: "name", idle: true } as const;
    const answer = await stats.services(query);
    await stats.close();
    expect(answer).toMatchObject({
      ok: true,
      value: { services: [{ name: "reviews", requests: 1000, bytesOut: 100_000 }] },
    });
    expect(lines).toEqual([]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

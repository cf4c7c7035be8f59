import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { openRunningHub, type RunningHub } from "../support/running-hub.ts";

const folder = mkdtempSync(join(tmpdir(), "mixdown-decided-"));
const file = join(folder, "decisions.jsonl");

let hub: RunningHub;
beforeAll(async () => {
  hub = await openRunningHub(
    { http: { address: "127.0.0.1:0" } },
    {
      handlers: { audit: { adapter: "file", params: { path: file } } },
      instances: { seen: { template: "metric", params: { value: 1, dimensions: { signal: "context.signal" } } } },
      rules: [
        { name: "no-admin", match: 'request.url_path == "/admin"', deny: { message: "keep out" } },
        {
          name: "audit",
          match: '(check.verdict | "deny") == "deny"',
          actions: [
            { handler: "audit", instances: ["decisions"] },
            { handler: "prometheus", instances: ["seen"] },
          ],
        },
      ],
    },
  );
});
afterAll(async () => {
  await hub.close();
  rmSync(folder, { recursive: true, force: true });
});

const headers = { "content-type": "application/json" };
const post = (path: string, body: object) =>
  fetch(`http://${hub.listeners.http}${path}`, { method: "POST", headers, body: JSON.stringify(body) });

it("sends decisions that a rule selects, and makes nothing else of them", async () => {
  await post("/v1/check", { attributes: { "request.path": "/admin?x=1", "request.method": "GET", "request.id": "a" } });
  await post("/v1/check", { attributes: { "request.path": "/cart", "request.method": "GET", "request.id": "b" } });
  const reported = await post("/v1/report", {
    attributes: [{ "request.path": "/cart", "request.time": "2026-03-01T12:00:00Z" }],
  });
  expect(await reported.json()).toMatchObject({ accepted: 1, rejected: [] });
  expect(await hub.total("seen_total", { signal: "report" })).toBe(1);
  expect(await hub.total("seen_total")).toBe(1);
  expect(await hub.total("mixdown_rule_hits_total", { rule: "audit" })).toBe(2);
  const lines = await vi.waitFor(() => {
    const written = readFileSync(file, "utf8");
    expect(written).toMatch(/\n$/);
    return written.trim().split("\n");
  }, 10_000);
  expect(lines).toHaveLength(1);
  const text = lines[0] ?? "";
  for (const part of ['"no-admin"', '"keep out"', '"/admin"', '"GET"']) expect(text).toContain(part);
});

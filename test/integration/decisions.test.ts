import { afterAll, beforeAll, expect, it } from "vitest";
import { openRunningHub, type RunningHub } from "../support/running-hub.ts";

let hub: RunningHub;
beforeAll(async () => {
  hub = await openRunningHub(
    { http: { address: "127.0.0.1:0" } },
    {
      rules: [
        { name: "no-admin", match: 'request.url_path.startsWith("/admin")', deny: { message: "keep out" } },
        { name: "strict", match: 'request.method == "POST"', deny: {}, shadow: true },
        { name: "the-rest", allow: true },
      ],
    },
  );
});
afterAll(() => hub.close());

async function check(attributes: object): Promise<{ readonly decisionId: string }> {
  const body = JSON.stringify({ attributes });
  const response = await fetch(`http://${hub.listeners.http}/v1/check`, { method: "POST", body });
  return (await response.json()) as { decisionId: string };
}

const ask = async (path: string) => (await fetch(`http://${hub.listeners.admin}/api/v1${path}`)).json();

it("shows every verdict, sums them up, and counts them", async () => {
  const denied = await check({ "request.path": "/admin/users?token=secret", "request.method": "GET" });
  const allowed = await check({ "request.path": "/cart", "request.method": "POST", "request.id": "r-1" });
  expect(await ask("/decisions")).toEqual({
    decisions: [
      expect.objectContaining({
        ...{ id: allowed.decisionId, rule: "the-rest", allowed: true, code: 0, status: 200, message: "" },
        shadow: { rule: "strict", allowed: false },
        attributes: { "request.method": "POST", "request.url_path": "/cart", "request.id": "r-1" },
      }),
      expect.objectContaining({
        ...{ id: denied.decisionId, rule: "no-admin", allowed: false, code: 7, status: 403, message: "keep out" },
        ...{ shadow: null, reasons: [{ rule: "no-admin", outcome: "deny", shadow: false }] },
        attributes: { "request.method": "GET", "request.url_path": "/admin/users" },
      }),
    ],
    cursor: null,
  });
  const where = encodeURIComponent('check.rule == "no-admin"');
  expect(await ask(`/decisions?where=${where}`)).toMatchObject({ decisions: [{ id: denied.decisionId }] });
  expect(await ask("/stats/decisions")).toMatchObject({
    interval: { resolution: "1ms" },
    decisions: [
      { labels: { rule: "no-admin" }, decisions: 1, denied: 1 },
      { labels: { rule: "the-rest" }, decisions: 1, allowed: 1, shadowDenied: 1 },
    ],
    truncated: false,
  });
  expect(await hub.total("mixdown_decisions_total", { rule: "no-admin", verdict: "deny" })).toBe(1);
  expect(await hub.total("mixdown_decisions_total")).toBe(2);
  expect(await hub.total("mixdown_decision_records_total", { outcome: "kept" })).toBe(2);
});

it("says what a wrong `where` may name", async () => {
  expect(await ask("/decisions?where=request.size%20%3E%203")).toMatchObject({
    error: {
      code: "INVALID_PARAMETER",
      details: [{ parameter: "where", allowed: expect.arrayContaining(["check.rule"]) }],
    },
  });
});

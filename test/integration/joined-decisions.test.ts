import { afterAll, beforeAll, expect, it } from "vitest";
import { accessLogClient } from "../e2e/support/als-client.ts";
import { httpMessage, identifierMessage, requestEntry } from "../e2e/support/als-messages.ts";
import { openRunningHub, type RunningHub } from "../support/running-hub.ts";

const requests = 1000;
const address = "127.0.0.1:0";

let hub: RunningHub;
beforeAll(async () => {
  hub = await openRunningHub(
    { http: { address }, grpc: { address } },
    {
      instances: {
        decided: {
          template: "metric",
          params: {
            value: 1,
            dimensions: {
              rule: 'check.rule | "unknown"',
              verdict: 'check.verdict | "unknown"',
              code: "check.error_code | -1",
              shadow: 'check.shadow | "none"',
            },
          },
        },
      },
      rules: [
        { name: "no-admin", match: 'request.url_path.startsWith("/admin")', deny: {} },
        { name: "strict", match: 'request.url_path == "/cart"', deny: {}, shadow: true },
        { name: "shop", match: 'request.host == "shop.example"', allow: true },
        { name: "count", actions: [{ handler: "prometheus", instances: ["decided"] }] },
      ],
    },
  );
});
afterAll(() => hub.close());

const paths = ["/admin/1?token=x", "/cart", "/item?n=2"];
const pathOf = (index: number) => paths[index % paths.length] ?? "";

async function check(index: number): Promise<void> {
  const attributes = {
    ...{ "request.id": `r-${index}`, "request.method": "GET", "request.path": pathOf(index) },
    "request.host": "shop.example",
  };
  const response = await fetch(`http://${hub.listeners.http}/v1/check`, {
    method: "POST",
    body: JSON.stringify({ attributes }),
  });
  await response.json();
}

it("splits 1,000 requests by the rule that decided on each, and no other", async () => {
  for (let index = 0; index < requests; index += 50)
    await Promise.all(Array.from({ length: 50 }, (_, place) => check(index + place)));
  const client = accessLogClient(hub.listeners.grpc ?? "");
  const stream = client.open();
  await stream.send(identifierMessage("proxy-1"));
  const entries = Array.from({ length: requests }, (_, index) =>
    requestEntry({ id: `r-${index}`, path: pathOf(index), authority: "shop.example" }),
  );
  await stream.send(httpMessage(entries));
  await stream.send(httpMessage([requestEntry({ id: "nobody-asked" })]));
  await stream.end();
  client.close();
  const total = (labels: Record<string, string>) => hub.total("decided_total", labels);
  expect(await total({ rule: "no-admin", verdict: "deny", code: "7", shadow: "none" })).toBe(334);
  expect(await total({ rule: "shop", verdict: "allow", code: "0", shadow: "deny" })).toBe(333);
  expect(await total({ rule: "shop", code: "0", shadow: "none" })).toBe(333);
  expect(await total({ rule: "unknown", verdict: "unknown", code: "-1" })).toBe(1);
  expect(await total({})).toBe(requests + 1);
});

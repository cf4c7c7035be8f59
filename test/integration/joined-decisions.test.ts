import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { accessLogClient } from "../e2e/support/als-client.ts";
import { httpMessage, identifierMessage, requestEntry } from "../e2e/support/als-messages.ts";
import { openRunningHub, type RunningHub } from "../support/running-hub.ts";

const requests = 1000;
const address = "127.0.0.1:0";

let hub: RunningHub;
beforeAll(async () => {
  hub = await openRunningHub(
    { http: { address }, grpc: { address }, syslog: { address, serves: ["syslog"], reporter: "inbound" } },
    {
      graph: { wait: "1s" },
      instances: {
        decided: {
          template: "metric",
          params: {
            value: 1,
            dimensions: {
              signal: "context.signal",
              app: "destination.service.name",
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
const total = (labels: Record<string, string>) => hub.total("decided_total", labels);

async function post(path: string, body: object): Promise<void> {
  const response = await fetch(`http://${hub.listeners.http}${path}`, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });
  expect(response.status).toBe(200);
  await response.json();
}

const requestOf = (id: string, path: string) => ({
  ...{ "request.id": id, "request.method": "GET", "request.path": path, "request.host": "shop.example" },
});
const check = (id: string, path: string) => post("/v1/check", { attributes: requestOf(id, path) });

it("splits 1,000 requests by the rule that decided on each, and no other", async () => {
  for (let index = 0; index < requests; index += 50)
    await Promise.all(Array.from({ length: 50 }, (_, place) => check(`r-${index + place}`, pathOf(index + place))));
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
  expect(await total({ rule: "no-admin", verdict: "deny", code: "7", shadow: "none" })).toBe(334);
  expect(await total({ rule: "shop", verdict: "allow", code: "0", shadow: "deny" })).toBe(333);
  expect(await total({ rule: "shop", verdict: "allow", code: "0", shadow: "none" })).toBe(333);
  expect(await total({ rule: "unknown", verdict: "unknown", code: "-1" })).toBe(1);
  expect(await total({})).toBe(requests + 1);
  expect(await hub.total("mixdown_decision_joins_total", { by: "memory" })).toBe(requests);
});

/** Sends a line to the syslog listener, and waits until it is counted. */
async function sendLine(line: object): Promise<void> {
  const before = await hub.total("mixdown_messages_total", { source: "syslog" });
  const socket = createSocket("udp4");
  const port = Number(hub.listeners.syslog?.split(":")[1]);
  const text = `<190>Nov 23 09:22:48 edge nginx: ${JSON.stringify(line)}`;
  await new Promise<void>((sent) => socket.send(text, port, "127.0.0.1", () => sent()));
  socket.close();
  await vi.waitFor(async () =>
    expect(await hub.total("mixdown_messages_total", { source: "syslog" })).toBe(before + 1),
  );
}

const attributes = (values: Record<string, string>) =>
  Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }));

const ways = {
  async report(app: string, id: string, path: string) {
    const now = new Date().toISOString();
    const record = { ...requestOf(id, path), "context.protocol": "http", "response.time": now, "response.code": 200 };
    await post("/v1/report", { attributes: [{ ...record, "destination.service.name": app }] });
  },
  async syslog(app: string, id: string, path: string) {
    await sendLine({ ...{ id, path, method: "GET", host: "shop.example", status: 200 }, upstream: app });
  },
  async "OTLP log"(app: string, id: string, path: string) {
    const said = { request_id: id, path, method: "GET", authority: "shop.example", response_code: "200" };
    const record = { timeUnixNano: `${Date.now()}000000`, attributes: attributes({ ...said, upstream_cluster: app }) };
    await post("/v1/logs", { resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] });
  },
  async span(app: string, id: string, path: string) {
    const nanos = `${Date.now()}000000`;
    const tags = { "guid:x-request-id": id, "http.method": "GET", "http.url": `http://shop.example${path}` };
    const span = {
      ...{ traceId: "0af7651916cd43dd8448eb211c80319c", spanId: randomBytes(8).toString("hex") },
      ...{ name: "ingress", kind: 2 },
      ...{ startTimeUnixNano: nanos, endTimeUnixNano: nanos },
      attributes: attributes({ ...tags, "http.status_code": "200", component: "proxy", upstream_cluster: app }),
    };
    await post("/v1/traces", { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
  },
};

/** Requests of an app by rule and verdict, as the statistics have them. */
async function counted(app: string) {
  const query = new URLSearchParams({
    ...{ from: "-5m", measure: "requests", by: "check.rule,check.verdict" },
    where: `destination.service.name == "${app}"`,
  });
  const answer = await fetch(`http://${hub.listeners.admin}/api/v1/stats/timeseries?${query}`);
  const { series } = (await answer.json()) as { series: { labels: Record<string, string>; values: number[] }[] };
  const rows = series.map(({ labels, values }) => [
    ...[labels["check.rule"], labels["check.verdict"]],
    values.reduce((sum, value) => sum + value, 0),
  ]);
  return rows.toSorted();
}

it.each([
  ["report", "report"],
  ["syslog", "accesslog"],
  ["OTLP log", "accesslog"],
  ["span", "span"],
] as const)("joins a decision to a %s, for rules and statistics", async (way, signal) => {
  const app = way.replace(" ", "-");
  await check(`${app}-denied`, "/admin/2?token=y");
  await check(`${app}-allowed`, "/cart");
  await ways[way](app, `${app}-denied`, "/admin/2?token=y");
  await ways[way](app, `${app}-allowed`, "/cart");
  await ways[way](app, `${app}-nobody-asked`, "/cart");
  await ways[way](app, `${app}-denied`, "/elsewhere");
  expect(await total({ signal, app, rule: "no-admin", verdict: "deny", code: "7" })).toBe(1);
  expect(await total({ signal, app, rule: "shop", verdict: "allow", shadow: "deny" })).toBe(1);
  expect(await total({ signal, app, rule: "unknown", verdict: "unknown" })).toBe(2);

  const sums = [
    [null, null, 2],
    ["no-admin", "deny", 1],
    ["shop", "allow", 1],
  ];
  // What ended in this very second is not yet in the range that is asked for.
  await vi.waitFor(async () => expect(await counted(app)).toEqual(sums), { timeout: 5000 });
});

it("lets a record say itself what another hub decided", async () => {
  const record = {
    ...requestOf("elsewhere", "/cart"),
    "context.protocol": "http",
    "destination.service.name": "other",
  };
  await post("/v1/report", { attributes: [{ ...record, "check.rule": "theirs", "check.verdict": "deny" }] });
  expect(await total({ app: "other", rule: "theirs", verdict: "deny" })).toBe(1);
});

import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startServer, type TestServer } from "../support/http-server.ts";
import { openRunningHub, type RunningHub } from "../support/running-hub.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const request = {
  "request.method": "GET",
  "request.host": "cart.example:8080",
  "request.path": "/items?page=2&token=abc",
  "request.headers": { authorization: "Bearer abc", traceparent: `00-${traceId}-b7ad6b7169203331-01` },
  "request.time": "2026-01-02T15:04:05Z",
  "response.time": "2026-01-02T15:04:05.25Z",
  "response.duration": "250ms",
  "response.code": 503,
  "source.workload.name": "shop",
  "destination.service.name": "cart",
  "trace.id": traceId,
  "trace.span_id": "b7ad6b7169203331",
};

let backend: TestServer;
let hub: RunningHub;

beforeAll(async () => {
  backend = await startServer((_, response) => response.end());
  const handler = (path: string) => ({
    adapter: "http",
    params: { url: `${backend.url}/${path}`, format: "lines" },
    batch: { maxAge: "5ms" },
  });
  hub = await openRunningHub(
    { http: { address: "127.0.0.1:0" } },
    {
      handlers: { logs: handler("logs"), graph: handler("graph"), tenth: handler("tenth") },
      instances: {
        span: { template: "tracespan" },
        sampled: { template: "logentry", params: { variables: { id: "request.id" }, sample: { rate: 0.1 } } },
      },
      rules: [
        {
          name: "log",
          match: 'request.headers["authorization"] == "Bearer abc"',
          actions: [
            { handler: "logs", instances: ["accesslog"] },
            { handler: "graph", instances: ["edges", "span"] },
          ],
        },
        { name: "tenth", match: "has(request.id)", actions: [{ handler: "tenth", instances: ["sampled"] }] },
      ],
    },
  );
});

afterAll(() => hub.close());

async function report(records: readonly object[]): Promise<void> {
  const response = await fetch(`http://${hub.listeners.http}/v1/report`, {
    method: "POST",
    body: JSON.stringify({ attributes: records }),
    headers: { "content-type": "application/json" },
  });
  expect(await response.json()).toMatchObject({ accepted: records.length });
}

/** The objects that a handler's backend got, once there are that many. */
function objectsAt(path: string, count: number): Promise<Record<string, unknown>[]> {
  const objects = () =>
    backend.received
      .filter((received) => received.path === `/${path}`)
      .flatMap(({ body }) => body.toString().trim().split("\n"))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return vi.waitFor(() => {
    if (objects().length < count) throw new Error(`${objects().length} of ${count} objects came`);
    return objects();
  }, 5000);
}

describe("what rules make of a record", () => {
  test("reaches its backends without credentials, which rules see", async () => {
    await report([request, { ...request, "request.headers": {} }]);
    const [log] = await objectsAt("logs", 1);
    expect(log).toMatchObject({
      "http.request.method": "GET",
      "url.query": "page=2&token=***",
      "server.address": "cart.example",
      "http.server.request.duration": 0.25,
      trace_id: traceId,
    });
    const [edge, span] = await objectsAt("graph", 2);
    expect(edge).toMatchObject({ "source.workload": "shop", "destination.service": "cart" });
    expect(span).toMatchObject({ traceId, parentSpanId: "b7ad6b7169203331", kind: "server", status: "error" });
    expect(Buffer.concat(backend.received.map(({ body }) => body)).toString()).not.toContain("abc");
  });

  test("is a sample where it is told to be, and the rest counts as filtered", async () => {
    const records = Array.from({ length: 1000 }, (_, n) => ({
      ...request,
      "request.id": `r-${n}`,
      "trace.id": undefined,
    }));
    const before = await hub.total("mixdown_handler_filtered_total", { handler: "tenth" });
    await report(records);
    const filtered = (await hub.total("mixdown_handler_filtered_total", { handler: "tenth" })) - before;
    expect(filtered).toBeGreaterThan(850);
    expect(filtered).toBeLessThan(950);
    expect(await objectsAt("tenth", 1000 - filtered)).toHaveLength(1000 - filtered);
  });
});

import { afterEach, beforeEach, expect, it } from "vitest";
import { aRequest, type RecordValues } from "../../test/support/stats-record.ts";
import { StatsBench } from "../../test/support/stats-store.ts";
import type { EdgesQuery } from "./query/query.ts";

const start = Date.parse("2026-03-01T12:00:00Z");
let bench: StatsBench;

beforeEach(() => {
  bench = new StatsBench(start);
});
afterEach(() => bench.remove());

const record = (count: number, values: RecordValues) => {
  for (let each = 0; each < count; each++)
    bench.aggregator.record(aRequest(bench.nowMs, { "context.signal": "span", ...values }));
};
const nobody: RecordValues = { "request.method": undefined as never, "response.code": undefined as never };
const client: RecordValues = { "context.reporter.kind": "outbound" };
const named = (name: string): RecordValues => ({
  "destination.canonical.name": name,
  "destination.service.name": name,
  "destination.service.namespace": undefined as never,
  "destination.workload.namespace": undefined as never,
});

/** As the graph tells of calls. */
const query: RecordValues = {
  ...{ ...nobody, ...client, ...named("orders") },
  ...{ "context.protocol": "mysql", "call.type": "database", "call.virtual": "server" },
};
const sent: RecordValues = {
  ...{ ...nobody, ...client, ...named("topic") },
  ...{ "context.protocol": "kafka", "call.type": "messaging_system", "call.virtual": "server" },
};
const received: RecordValues = {
  ...{ ...nobody, "source.canonical.name": "topic", "source.workload.namespace": undefined as never },
  ...{ "context.protocol": "kafka", "call.type": "messaging_system", "call.virtual": "client" },
};
const message: RecordValues = { ...nobody, "context.protocol": "kafka", "call.type": "messaging_system" };
const external: RecordValues = {
  ...client,
  ...named("pay.example"),
  "call.type": "virtual_node",
  "call.virtual": "server",
};
const outside: RecordValues = {
  ...{ "source.canonical.name": "user", "source.workload.namespace": undefined as never },
  ...{ "call.type": "virtual_node", "call.virtual": "client" },
};

const range = { from: start - 900_000, to: start + 10_000, limit: 100 };

function graph(more: Partial<EdgesQuery> = {}) {
  const asked = { ...range, reporter: "auto", sort: "name", idle: false, level: "service", depth: 1, ...more } as const;
  const { nodes, edges } = bench.ask("edges", asked);
  return {
    edges: edges.map((edge) => [edge.source, edge.destination, edge.protocol, edge.requests]),
    virtual: Object.fromEntries(nodes.flatMap(({ id, virtual }) => (virtual === undefined ? [] : [[id, virtual]]))),
  };
}

function recordAll() {
  record(1, outside);
  record(2, query);
  record(3, sent);
  record(4, received);
  record(5, message);
  record(6, external);
  record(7, { ...query, "context.proxy_error_code": "error" });
}

it("shows calls of databases, queues and others without spans as edges, with their nodes marked", () => {
  recordAll();
  const expected = {
    edges: [
      ["/topic", "default/reviews", "kafka", 4],
      ["/user", "default/reviews", "http", 1],
      ["default/productpage", "/orders", "mysql", 9],
      ["default/productpage", "/pay.example", "http", 6],
      ["default/productpage", "/topic", "kafka", 3],
      ["default/productpage", "default/reviews", "kafka", 5],
    ],
    virtual: {
      "/orders": "database",
      "/pay.example": "external",
      "/topic": "messaging_system",
      "/user": "outside",
    },
  };
  expect(graph()).toEqual(expected);
  bench.restart();
  expect(graph()).toEqual(expected);
});

it("counts a failed call of a database as an error", () => {
  recordAll();
  const asked = { ...range, reporter: "auto", sort: "name", idle: false, level: "service", depth: 1 } as const;
  const { edges } = bench.ask("edges", asked);
  expect(edges.find(({ destination }) => destination === "/orders")).toMatchObject({ requests: 9, errors: 7 });
});

it("counts no query and no message among requests", () => {
  recordAll();
  const { services } = bench.ask("services", { ...range, reporter: "auto", sort: "name", idle: true });
  expect(services.map(({ name, requests }) => [name, requests])).toEqual([
    ["pay.example", 6],
    ["reviews", 1],
  ]);
  const { values } = bench.ask("values", { ...range, reporter: "auto", attribute: "context.protocol" });
  expect(values).toEqual([{ value: "http", requests: 7 }]);
});

it("takes messages for no sign that a server tells of its requests", () => {
  record(2, message);
  record(3, client);
  expect(graph().edges).toEqual([
    ["default/productpage", "default/reviews", "http", 3],
    ["default/productpage", "default/reviews", "kafka", 2],
  ]);
});

it("shows each side's part where it is asked for", () => {
  recordAll();
  expect(graph({ reporter: "inbound" }).edges.map(([, , , requests]) => requests)).toEqual([4, 1, 5]);
  expect(graph({ reporter: "outbound" }).edges.map(([, , , requests]) => requests)).toEqual([9, 6, 3]);
});

it("marks no node that tells for itself, nor counts a call that a server tells of, too", () => {
  record(2, external);
  record(3, { ...named("pay.example"), "source.canonical.name": "productpage" });
  expect(graph()).toEqual({ edges: [["default/productpage", "/pay.example", "http", 3]], virtual: {} });
});

it("lets access logs count where they tell of the same service", () => {
  record(3, external);
  for (let each = 0; each < 2; each++)
    bench.aggregator.record(
      aRequest(bench.nowMs, { ...client, ...named("pay.example"), "context.signal": "accesslog" }),
    );
  expect(graph()).toEqual({ edges: [["default/productpage", "/pay.example", "http", 2]], virtual: {} });
});

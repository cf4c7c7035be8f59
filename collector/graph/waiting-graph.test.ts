import { describe, expect, it } from "vitest";
import type { SpanKey } from "../../schemas/model/span.ts";
import { GraphBench, type Said, said } from "../../test/support/call-graph.ts";
import { type Place, spanAt } from "../../test/support/trace-spans.ts";

type Attributes = Readonly<Partial<Record<SpanKey, string | number | boolean>>>;

const http = { "http.request.method": "GET", "http.response.status_code": 200 };
const wait = 10_000;
const program = (name: string, namespace = "shop") => ({ "service.name": name, "k8s.namespace.name": namespace });
const server = (place: Place, attributes: Attributes = http) => spanAt("server", place, attributes);
const client = (place: Place, attributes: Attributes = http) => spanAt("client", place, attributes);

describe("a call between two services", () => {
  const make = (order: (graph: GraphBench) => void) => {
    const graph = new GraphBench();
    order(graph);
    return graph;
  };
  const web = client({ id: 2, parent: 1, failed: true }, { ...http, "server.address": "cart.internal" });
  const cart = server({ id: 3, parent: 2 });

  it.each([
    ["the client's span first", (graph: GraphBench) => graph.take(program("web"), web).take(program("cart"), cart)],
    ["the server's span first", (graph: GraphBench) => graph.take(program("cart"), cart).take(program("web"), web)],
  ])("is found with %s, with both sides in full", (_what, order) => {
    const { calls, told, edges } = make(order);
    expect(edges).toEqual(["web -> cart"]);
    expect(calls[0]).toMatchObject({
      "context.signal": "call",
      "call.failed": true,
      "call.client.duration": 12_345_678,
      "call.server.duration": 12_345_678,
      "source.canonical.name": "web",
      "source.workload.namespace": "shop",
      "destination.canonical.name": "cart",
      "destination.service.name": "cart",
      "destination.service.namespace": "shop",
      "trace.id": "00000000000000000000000000000001",
    });
    for (const name of ["call.type", "call.virtual", "call.queue.duration", "call.dropped"])
      expect(calls[0]).not.toHaveProperty([name]);
    const sides = { "source.canonical.name": "web", "destination.service.name": "cart", "context.signal": "span" };
    expect(told).toMatchObject([
      { ...sides, "context.reporter.kind": "outbound" },
      { ...sides, "context.reporter.kind": "inbound" },
    ]);
  });

  it("is no longer found when one of them has waited long enough", () => {
    const graph = make((bench) => bench.take(program("web"), client({ id: 2, parent: 1 })).wait(wait - 1));
    expect(graph.calls).toEqual([]);
    graph.wait(1).take(program("cart"), cart).wait(wait);
    expect(graph.calls).toMatchObject([
      { "context.signal": "unpaired", "call.client": "web", "call.dropped": false },
      { "context.signal": "unpaired", "call.server": "cart", "call.dropped": false },
    ]);
    expect(graph.told).toMatchObject([{ "source.canonical.name": "web" }, { "destination.canonical.name": "cart" }]);
    expect(graph.graph.counts()).toMatchObject({ spans: { unpaired: 2, dropped: 0 }, waiting: 0, waitingBytes: 0 });
  });

  it("is found for every span of a server below one of a client", () => {
    const graph = make((bench) =>
      bench.take(program("web"), web).take(program("cart"), cart, server({ id: 4, parent: 2 })),
    );
    expect(graph.edges).toEqual(["web -> cart", "web -> cart"]);
    expect(graph.told).toHaveLength(3);
  });

  it("is found once where its spans come twice", () => {
    const graph = make((bench) => {
      for (let i = 0; i < 2; i++) bench.take(program("web"), web).take(program("cart"), cart);
    });
    expect(graph.edges).toEqual(["web -> cart"]);
    expect(graph.told).toHaveLength(2);
    expect(graph.graph.counts()).toMatchObject({ spans: { repeated: 2 }, calls: { service: 1 } });
  });

  it("is found of a service that calls itself", () => {
    const graph = make((bench) => bench.take(program("web"), web).take(program("web"), cart));
    expect(graph.edges).toEqual(["web -> web"]);
  });

  it("is found where both sides have one id, as in Zipkin", () => {
    const shared = server({ id: 2, parent: 1 }, { ...http, "zipkin.shared": true });
    const next = client({ id: 5, parent: 2 });
    const stock = server({ id: 6, parent: 5 });
    const both = make((bench) => bench.take(program("web"), web).take(program("cart"), shared, next));
    expect(both.take(program("stock"), stock).wait(wait).edges).toEqual(["web -> cart", "cart -> stock"]);
    const back = make((bench) => bench.take(program("cart"), shared, next).take(program("web"), web));
    expect(back.edges).toEqual(["web -> cart"]);
  });

  it("is found below the server's span of a proxy that makes no other", () => {
    const edge = spanAt("server", { id: 2 }, { ...http, component: "proxy" });
    const graph = make((bench) => bench.take(program("edge"), edge).take(program("cart"), cart));
    expect(graph.edges).toEqual(["user -> edge (virtual_node)", "edge -> cart"]);
    expect(graph.told).toMatchObject([
      { "source.canonical.name": "user", "destination.canonical.name": "edge" },
      { "source.canonical.name": "edge", "destination.canonical.name": "cart" },
    ]);
  });

  it("weighs as much as the span that was sampled harder", () => {
    const kept = (traceState: string) => ({ traceState });
    const graph = make((bench) =>
      bench
        .take(program("web"), client({ id: 2, parent: 1, rest: kept("ot=th:8") }))
        .take(program("cart"), server({ id: 3, parent: 2, rest: kept("ot=th:c") })),
    );
    expect(graph.calls).toMatchObject([{ "context.weight": 4 }]);
    expect(graph.told).toMatchObject([{ "context.weight": 2 }, { "context.weight": 4 }]);
  });
});

describe("a side without spans", () => {
  const called = (attributes: Attributes, kind: "client" | "producer" = "client") => {
    const graph = new GraphBench().take(program("web"), spanAt(kind, { id: 2, parent: 1 }, attributes));
    expect(graph.calls).toEqual([]);
    return graph.wait(wait);
  };

  it.each<[string, Attributes, string]>([
    ["a peer", { ...http, "peer.service": "pay" }, "pay (virtual_node)"],
    ["a peer in new words", { ...http, "service.peer.name": "pay" }, "pay (virtual_node)"],
    ["a host", { ...http, "server.address": "pay.example" }, "pay.example (virtual_node)"],
    ["a database", { "db.system": "mysql", "db.name": "orders" }, "orders (database)"],
    ["a database in new words", { "db.system.name": "mysql", "db.namespace": "orders" }, "orders (database)"],
    ["a database by its host", { "db.system": "mysql", "server.address": "db-1" }, "db-1 (database)"],
    [
      "a database by its socket",
      { "db.system": "mysql", "network.peer.address": "10.0.0.1", "network.peer.port": 3306 },
      "10.0.0.1:3306 (database)",
    ],
    ["a database by its kind", { "db.system": "redis" }, "redis (database)"],
    ["a topic", { "messaging.system": "kafka", "messaging.destination.name": "orders" }, "orders (messaging_system)"],
    ["a broker", { "messaging.system": "kafka" }, "kafka (messaging_system)"],
  ])("is a virtual node where the client names it: %s", (_what, attributes, node) => {
    const { edges, calls } = called(attributes);
    expect(edges).toEqual([`web -> ${node}`]);
    expect(calls[0]).toMatchObject({ "call.virtual": "server", "source.canonical.name": "web" });
  });

  it("is told to statistics: databases and queues by their product, and whether calls of them failed", () => {
    const database = spanAt(
      "client",
      { id: 2, parent: 1, failed: true },
      { "db.system": "mysql", "db.name": "orders" },
    );
    const { told } = new GraphBench().take(program("web"), database).wait(wait);
    expect(told).toMatchObject([
      {
        "context.protocol": "mysql",
        "context.proxy_error_code": "error",
        "call.type": "database",
        "call.virtual": "server",
        "source.canonical.name": "web",
        "destination.service.name": "orders",
      },
    ]);
    expect(called({ ...http, "peer.service": "pay" }).told).toMatchObject([
      { "context.protocol": "http", "call.type": "virtual_node", "destination.service.name": "pay" },
    ]);
  });

  it("counts as unpaired where the client names nobody", () => {
    const graph = called(http);
    expect(graph.calls).toMatchObject([{ "context.signal": "unpaired", "call.client": "web" }]);
    expect(graph.told).toMatchObject([{ "source.canonical.name": "web" }]);
  });

  it("is a caller from outside, without waiting, where the server's span is a root", () => {
    const graph = new GraphBench().take(program("web"), server({ id: 1 }));
    expect(graph.edges).toEqual(["user -> web (virtual_node)"]);
    expect(graph.calls[0]).toMatchObject({ "call.virtual": "client", "call.server": "web" });
    expect(graph.told).toMatchObject([{ "source.canonical.name": "user", "call.virtual": "client" }]);
    const named = new GraphBench().take(program("web"), server({ id: 1 }, { ...http, downstream_cluster: "cdn" }));
    expect(named.edges).toEqual(["cdn -> web (virtual_node)"]);
  });

  it("is none for the call of a library around that of a driver", () => {
    const query = { "db.system": "mysql", "db.name": "orders" };
    const graph = new GraphBench()
      .take(program("web"), client({ id: 3, parent: 2 }, query), client({ id: 2, parent: 1 }, query))
      .wait(wait);
    expect(graph.edges).toEqual(["web -> orders (database)"]);
    expect(graph.graph.counts().spans).toMatchObject({ inner: 1, unpaired: 0 });
  });
});

describe("messages", () => {
  const topic = { "messaging.system": "kafka", "messaging.destination.name": "orders" };
  const sent = (id: number, trace = 1) => spanAt("producer", { id, trace, parent: 99 }, topic);

  it("join who sends and who receives, by parent or by link, each once", () => {
    const received = spanAt("consumer", { id: 7, parent: 2, links: [{ id: 2 }, { id: 3, trace: 2 }] }, topic);
    const graph = new GraphBench()
      .take(program("web"), sent(2))
      .take(program("mail"), received)
      .take(program("app"), sent(3, 2))
      .wait(wait);
    expect(graph.edges).toEqual(["web -> mail (messaging_system)", "app -> mail (messaging_system)"]);
    expect(graph.calls.map((call) => call["call.virtual"])).toEqual([undefined, undefined]);
    expect(graph.told).toMatchObject([
      { "source.canonical.name": "web", "destination.canonical.name": "mail", "context.protocol": "kafka" },
      { "source.canonical.name": "app", "destination.canonical.name": "mail", "context.protocol": "kafka" },
    ]);
  });

  it("tell how long they were under way, unless clocks say less than nothing", () => {
    const at = (start: bigint, end: bigint) => ({ startTimeUnixNano: start, endTimeUnixNano: end });
    const receivedAt = (start: bigint) =>
      new GraphBench()
        .take(program("web"), spanAt("producer", { id: 2, parent: 1, rest: at(1_000_000_000n, 2_000_000_000n) }, topic))
        .take(program("mail"), spanAt("consumer", { id: 3, parent: 2, rest: at(start, 9_000_000_000n) }, topic))
        .calls[0];
    expect(receivedAt(5_000_000_001n)).toMatchObject({ "call.queue.duration": 3_000_000_001 });
    expect(receivedAt(1_999_999_999n)).not.toHaveProperty(["call.queue.duration"]);
  });

  it("are known by the kind of either span, whatever the product", () => {
    const graph = new GraphBench()
      .take(program("web"), spanAt("producer", { id: 2, parent: 1 }, { "server.address": "broker" }))
      .take(program("web"), spanAt("producer", { id: 3, parent: 1 }, { "server.address": "broker" }))
      .take(program("mail"), spanAt("consumer", { id: 4, parent: 3 }, topic))
      .take(program("web"), client({ id: 5, parent: 1 }))
      .take(program("mail"), spanAt("consumer", { id: 6, parent: 5 }))
      .wait(wait);
    expect(graph.edges).toEqual([
      ...["web -> mail (messaging_system)", "web -> mail (messaging_system)"],
      "web -> broker (messaging_system)",
    ]);
    expect(graph.told.map((each) => each["context.protocol"])).toEqual(["kafka", "messaging", "messaging"]);
  });

  it("come from the queue where nobody is known to have sent them", () => {
    const received = spanAt("consumer", { id: 7, links: [{ id: 2 }] }, topic);
    const linked = new GraphBench().take(program("mail"), received);
    expect(linked.edges).toEqual([]);
    expect(linked.wait(wait).edges).toEqual(["orders -> mail (messaging_system)"]);
    const root = new GraphBench().take(program("mail"), spanAt("consumer", { id: 7 }, topic));
    expect(root.edges).toEqual(["orders -> mail (messaging_system)"]);
  });
});

describe("room", () => {
  it("is made by letting the oldest go, who are counted; databases are known without a span of theirs", () => {
    const graph = new GraphBench({ maxSpans: 3 });
    graph.take(program("web"), client({ id: 1, parent: 90 }, { "db.system": "redis" }));
    for (let id = 2; id < 7; id++)
      graph.take(program("web"), client({ id, parent: 90 }, { ...http, "peer.service": "pay" }));
    expect(graph.graph.counts()).toMatchObject({ waiting: 3, spans: { dropped: 2 }, calls: { database: 1 } });
    expect(graph.calls.slice(1)).toMatchObject([{ "call.dropped": true }, { "call.dropped": true }]);
    expect(graph.told).toHaveLength(3);
    graph.graph.flush();
    expect(graph.graph.counts()).toMatchObject({ waiting: 0, waitingBytes: 0, calls: { virtual_node: 3 } });
  });

  it("is bounded in bytes, too", () => {
    const graph = new GraphBench({ maxBytes: 20_000 });
    for (let id = 1; id < 50; id++)
      graph.take(program("web"), client({ id, parent: 90 }, { ...http, "url.path": `/${"x".repeat(5000)}` }));
    expect(graph.graph.counts().waitingBytes).toBeLessThanOrEqual(20_000);
    expect(graph.graph.counts().waiting).toBeGreaterThan(0);
  });
});

it("joins spans of which other attributes were kept, and shows no value of another span", () => {
  const path = { ...http, "url.path": "/buy" };
  const graph = new GraphBench()
    .keep("request.path", "source.version")
    .take({ ...program("web"), "service.version": "7" }, client({ id: 2, parent: 1 }, path))
    .keep("request.method")
    .take(program("cart"), server({ id: 3, parent: 2 }))
    .take(program("web"), client({ id: 4, parent: 1 }));
  expect(graph.edges).toEqual(["web -> cart"]);
  expect(graph.calls[0]).toMatchObject({ "request.method": "GET", "source.canonical.name": "web" });
  expect(graph.calls[0]).not.toHaveProperty(["request.path"]);
  expect(graph.told[0]).toMatchObject({ "request.path": "/buy", "source.version": "7" });
  expect(graph.told[1]).not.toHaveProperty(["request.path"]);
  expect(graph.keep("request.path").take(program("cart"), server({ id: 5, parent: 4 })).edges).toHaveLength(2);
  expect(graph.calls[1]).not.toHaveProperty(["request.method"]);
});

it("shows what it has not told yet, each span once, and tells it later all the same", () => {
  const graph = new GraphBench()
    .take(program("web"), client({ id: 2, parent: 1 }), client({ id: 3, parent: 1 }, { "db.system": "mysql" }))
    .take(program("cart"), server({ id: 4, parent: 3 }), server({ id: 5, parent: 90 }));
  const pending: Said[] = [];
  graph.graph.pending(({ values }) => pending.push(said(values)));
  expect(pending).toMatchObject([
    { "context.reporter.kind": "outbound", "source.canonical.name": "web" },
    { "context.reporter.kind": "inbound", "destination.canonical.name": "cart" },
  ]);
  expect(graph.told).toHaveLength(2);
  graph.wait(wait);
  expect(graph.told).toHaveLength(4);
});

it("passes work within a process on to statistics as it is", () => {
  const graph = new GraphBench().take(program("web"), spanAt("internal", { id: 2, parent: 1 }));
  expect(graph.told).toHaveLength(1);
  expect(graph.graph.counts().waiting).toBe(0);
});

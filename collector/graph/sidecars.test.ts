import { describe, expect, it } from "vitest";
import type { Span } from "../../schemas/gen/opentelemetry/proto/trace/v1/trace_pb.js";
import type { SpanKey } from "../../schemas/model/span.ts";
import { GraphBench } from "../../test/support/call-graph.ts";
import { type Place, spanAt } from "../../test/support/trace-spans.ts";

type Attributes = Readonly<Partial<Record<SpanKey, string | number | boolean>>>;
/** Spans of one process. */
type Part = readonly [resource: Readonly<Record<string, string>>, ...spans: readonly Span[]];

const http = { "http.method": "GET", "http.status_code": "200" };
const program = (name: string) => ({ "service.name": name });
const proxy = (name: string) => ({ "service.name": `${name}.shop` });
const app = (kind: "server" | "client", place: Place, attributes: Attributes = http) => spanAt(kind, place, attributes);

/** A span of Istio's proxy beside a workload; of single attempts it says neither method nor node. */
function envoy(name: string, kind: "server" | "client", place: Place, cluster: string, isAttempt = false): Span {
  const tags = { "istio.canonical_service": name, "istio.namespace": "shop", component: "proxy" };
  const request = isAttempt ? {} : { ...http, node_id: `sidecar~10.0.0.1~${name}-1.shop~shop.svc.cluster.local` };
  return spanAt(kind, place, { ...tags, ...request, "upstream_cluster.name": cluster });
}

const toCart = "outbound|80||cart.shop.svc.cluster.local";
const inward = "inbound|8080||";

/** What web's program, its sidecar, cart's sidecar and cart's program say of one request, with spans for attempts. */
const whole: readonly Part[] = [
  [
    program("web"),
    app("server", { id: 1 }),
    app("client", { id: 2, parent: 1 }, { ...http, "server.address": "cart" }),
  ],
  [
    proxy("web"),
    envoy("web", "server", { id: 3, parent: 2 }, toCart),
    envoy("web", "client", { id: 4, parent: 3 }, toCart, true),
  ],
  [
    proxy("cart"),
    envoy("cart", "server", { id: 5, parent: 4 }, inward),
    envoy("cart", "client", { id: 6, parent: 5 }, inward, true),
  ],
  [program("cart"), app("server", { id: 7, parent: 6 })],
];

/** The same, where proxies make one span for a request. */
const single: readonly Part[] = [
  whole[0]!,
  [proxy("web"), envoy("web", "client", { id: 4, parent: 2 }, toCart)],
  [proxy("cart"), envoy("cart", "server", { id: 5, parent: 4 }, inward)],
  [program("cart"), app("server", { id: 7, parent: 5 })],
];

const run = (parts: readonly Part[]) => {
  const graph = new GraphBench();
  for (const [resource, ...spans] of parts) graph.take(resource, ...spans);
  return graph.wait(10_000);
};

describe.each([
  ["spans for attempts", whole],
  ["one span for a request", single],
])("two workloads with sidecars that make %s", (_what, parts) => {
  it.each([
    ["in order", (all: readonly Part[]) => all],
    ["backwards", (all: readonly Part[]) => all.toReversed()],
    ["mixed", (all: readonly Part[]) => [all[2]!, all[0]!, all[3]!, all[1]!]],
  ])("make one edge between the two, and none of a workload to itself (%s)", (_order, arrange) => {
    const { edges, graph } = run(arrange(parts));
    expect(edges.toSorted()).toEqual(["user -> web (virtual_node)", "web.shop -> cart.shop"]);
    expect(graph.counts().spans).toMatchObject({ unpaired: 0, dropped: 0 });
  });

  it("tell statistics once from each side, with the other side", () => {
    const { told } = run(parts);
    const of = (side: string) =>
      told.filter((each) => each["context.reporter.kind"] === side && each["request.method"]);
    expect(of("inbound")).toMatchObject([
      { "source.canonical.name": "user", "destination.canonical.name": "web" },
      { "source.canonical.name": "web", "destination.service.name": "cart", "destination.service.namespace": "shop" },
    ]);
    expect(of("outbound")).toMatchObject([
      { "source.canonical.name": "web", "destination.service.name": "cart", "destination.service.namespace": "shop" },
    ]);
  });
});

it("makes no edge of an application that hands the context on without making spans", () => {
  const toStock = "outbound|80||stock.shop.svc.cluster.local";
  const { edges } = run([
    [
      proxy("cart"),
      envoy("cart", "server", { id: 5 }, inward),
      envoy("cart", "client", { id: 6, parent: 5 }, inward, true),
    ],
    [
      proxy("cart"),
      envoy("cart", "server", { id: 8, parent: 6 }, toStock),
      envoy("cart", "client", { id: 9, parent: 8 }, toStock, true),
    ],
    [proxy("stock"), envoy("stock", "server", { id: 10, parent: 9 }, inward)],
  ]);
  expect(edges).toEqual(["user -> cart.shop (virtual_node)", "cart.shop -> stock.shop"]);
});

it("takes no sidecar's first span for a caller from outside, but a gateway's", () => {
  expect(run([[proxy("web"), envoy("web", "server", { id: 3 }, toCart)]]).edges).toEqual([]);
  const gateway = spanAt(
    "server",
    { id: 3 },
    {
      ...http,
      component: "proxy",
      node_id: "router~10.0.0.9~gw-1.edge~edge.svc.cluster.local",
      "istio.canonical_service": "gw",
      "istio.namespace": "edge",
      "upstream_cluster.name": toCart,
    },
  );
  const { edges, calls, told } = run([[{ "service.name": "gw.edge" }, gateway]]);
  expect(edges).toEqual(["user -> gw.edge (virtual_node)"]);
  expect(calls[0]).toMatchObject({
    "destination.canonical.name": "gw",
    "destination.service.name": "gw",
    "destination.service.namespace": "edge",
  });
  expect(told).toMatchObject([{ "source.canonical.name": "gw", "destination.service.name": "cart" }]);
});

it("joins a program behind its own sidecar with it, whatever it calls itself", () => {
  const { edges } = run([
    [
      proxy("cart"),
      envoy("cart", "server", { id: 5 }, inward),
      envoy("cart", "client", { id: 6, parent: 5 }, inward, true),
    ],
    [program("cart-service"), app("server", { id: 7, parent: 6 })],
  ]);
  expect(edges).toEqual(["user -> cart.shop (virtual_node)"]);
});

it("finds a workload that calls itself through its sidecars", () => {
  const toSelf = "outbound|80||web.shop.svc.cluster.local";
  const { edges } = run([
    [proxy("web"), envoy("web", "client", { id: 4, parent: 2 }, toSelf, true)],
    [proxy("web"), envoy("web", "server", { id: 5, parent: 4 }, inward)],
  ]);
  expect(edges).toEqual(["web.shop -> web.shop"]);
});

it("names a service without spans as the proxy names itself", () => {
  const { edges } = run([[proxy("web"), envoy("web", "client", { id: 4, parent: 2 }, toCart, true)]]);
  expect(edges).toEqual(["web.shop -> cart.shop (virtual_node)"]);
});

it("takes a plain proxy of the same name for a part of its workload", () => {
  const plain = (kind: "server" | "client", place: Place) => spanAt(kind, place, { ...http, component: "proxy" });
  const { edges } = run([
    [program("web"), app("client", { id: 2, parent: 1 })],
    [program("web"), plain("server", { id: 3, parent: 2 }), plain("client", { id: 4, parent: 3 })],
    [program("cart"), plain("server", { id: 5, parent: 4 }), plain("client", { id: 6, parent: 5 })],
    [program("cart"), app("server", { id: 7, parent: 6 })],
  ]);
  expect(edges).toEqual(["web -> cart"]);
});

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: substitutions look like that
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { inventory } from "../../adapters/inventory.ts";
import type { Value } from "../../schemas/model/value.ts";
import { compile } from "../expr/compile.ts";
import type { Expression } from "../expr/expression.ts";
import { toLabelText } from "../rules/label-text.ts";
import { defaultConfigFile, defaultConfigFiles, defaultListeners } from "./defaults.ts";
import { metricOf } from "./load.fixture.ts";
import { loadConfig } from "./load.ts";
import { formatProblem } from "./problem.ts";

const loaded = loadConfig([defaultConfigFile()], {
  env: {},
  adapters: inventory,
  compile,
  readFile: (path) => readFileSync(path, "utf8"),
});
if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join("\n"));
const { checked } = loaded;

type Attributes = Readonly<{ [attribute: string]: Value }>;

function evaluate(expression: Expression | undefined, record: Attributes): unknown {
  const values: (Value | undefined)[] = checked.vocabulary.attributes.map(({ name }) => record[name]);
  return expression?.evaluate(values);
}

/** The labels of one instance. */
function labels(instance: string, record: Attributes): { [label: string]: string } {
  const dimensions = metricOf(checked, instance)?.dimensions ?? [];
  return Object.fromEntries(
    dimensions.map(({ name, expression }) => [name, toLabelText(evaluate(expression, record), expression.type)]),
  );
}

/** The instances made of a record that is final. */
function made(record: Attributes): string[] {
  return checked.rules
    .filter(({ match }) => evaluate(match, record) === true)
    .flatMap(({ actions }) => actions.flatMap(({ instances }) => instances));
}

/** Labels of the wire notes (Istio standard metrics), in their order. */
const peerLabels = [
  ...["reporter", "source_workload", "source_canonical_service", "source_canonical_revision"],
  ...["source_workload_namespace", "source_principal", "source_app", "source_version", "source_cluster"],
  ...["destination_workload", "destination_workload_namespace", "destination_principal", "destination_app"],
  ...["destination_version", "destination_service", "destination_canonical_service", "destination_canonical_revision"],
  ...["destination_service_name", "destination_service_namespace", "destination_cluster"],
];
const httpLabels = [
  ...peerLabels,
  ...["request_protocol", "response_code", "grpc_response_status", "response_flags", "connection_security_policy"],
];
const tcpLabels = [...peerLabels, "request_protocol", "response_flags", "connection_security_policy"];

const nothingKnown = {
  ...Object.fromEntries(peerLabels.map((label) => [label, "unknown"])),
  source_canonical_revision: "latest",
  destination_canonical_revision: "latest",
  response_flags: "-",
  connection_security_policy: "unknown",
};

describe("the default configuration", () => {
  it("states the listeners that exist without it, too", () => {
    for (const [name, { address }] of Object.entries(defaultListeners({}))) {
      expect(checked.config.listeners[name]).toMatchObject({ address, serves: [name] });
    }
    expect(readFileSync(defaultConfigFile(), "utf8")).toContain(
      `grpc: { address: "\${env:MIXDOWN_LISTEN_HOST:-127.0.0.1}:4317" }`,
    );
  });

  it("makes Istio's eight metrics", () => {
    const params = checked.handlers.get("prometheus")?.params as { metrics: { [name: string]: { name: string } } };
    const metrics = Object.entries(params.metrics).map(([instance, { name }]) => [name, instance] as const);
    expect(metrics.map(([name]) => name).sort()).toEqual([
      "istio_request_bytes",
      "istio_request_duration_milliseconds",
      "istio_requests_total",
      "istio_response_bytes",
      "istio_tcp_connections_closed_total",
      "istio_tcp_connections_opened_total",
      "istio_tcp_received_bytes_total",
      "istio_tcp_sent_bytes_total",
    ]);
    for (const [name, instance] of metrics) {
      const wanted = name.startsWith("istio_tcp") ? tcpLabels : httpLabels;
      const names = metricOf(checked, instance)?.declaration.labelNames;
      expect(names?.toSorted()).toEqual(wanted.toSorted());
    }
    expect(metricOf(checked, "request_duration")?.declaration.valueType).toBe("DURATION");
  });

  it("lets instances share their labels", () => {
    const texts = ["requests", "request_duration", "request_bytes", "response_bytes"].map((name) =>
      metricOf(checked, name)?.dimensions.map((label) => label.expression),
    );
    for (const other of texts) expect(other?.every((expression, index) => expression === texts[0]?.[index])).toBe(true);
  });

  it("uses Envoy's buckets for milliseconds and bytes", () => {
    const params = checked.handlers.get("prometheus")?.params;
    const buckets = [
      ...[0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000],
      ...[300000, 600000, 1800000, 3600000],
    ];
    for (const name of ["request_duration", "request_bytes", "response_bytes"]) {
      expect(params).toMatchObject({ metrics: { [name]: { kind: "histogram", buckets } } });
    }
    expect(params).toMatchObject({ metrics: { request_duration: { unit: "milliseconds" } } });
  });
});

describe("labels of requests", () => {
  it("are all there when nothing is known", () => {
    expect(labels("requests", {})).toEqual({
      ...nothingKnown,
      request_protocol: "http",
      response_code: "0",
      grpc_response_status: "",
    });
  });

  const peers: Attributes = {
    "source.workload.name": "web",
    "source.workload.namespace": "shop",
    "source.canonical.name": "web",
    "source.canonical.revision": "v2",
    "source.labels": new Map([["app", "web-app"]]),
    "source.version": "v2",
    "source.principal": "cluster.local/ns/shop/sa/web",
    "source.cluster.id": "east",
    "destination.workload.name": "cart-v1",
    "destination.workload.namespace": "shop",
    "destination.canonical.name": "cart",
    "destination.canonical.revision": "v1",
    "destination.labels": new Map([["app.kubernetes.io/name", "cart-app"]]),
    "destination.version": "v1",
    "destination.principal": "cluster.local/ns/shop/sa/cart",
    "destination.cluster.id": "west",
    "destination.service.host": "cart.shop.svc.cluster.local",
    "destination.service.name": "cart",
    "destination.service.namespace": "shop",
  };

  it("come from what a server's proxy knows over mutual TLS", () => {
    const record = {
      ...peers,
      "context.reporter.kind": "inbound",
      "context.protocol": "http",
      "connection.mtls": true,
      "upstream.cluster": "inbound|8080||",
      "response.code": 503,
      "context.proxy_error_code": "UF,URX",
    };
    expect(labels("requests", record)).toEqual({
      reporter: "destination",
      source_workload: "web",
      source_canonical_service: "web",
      source_canonical_revision: "v2",
      source_workload_namespace: "shop",
      source_principal: "spiffe://cluster.local/ns/shop/sa/web",
      source_app: "web-app",
      source_version: "v2",
      source_cluster: "east",
      destination_workload: "cart-v1",
      destination_workload_namespace: "shop",
      destination_principal: "spiffe://cluster.local/ns/shop/sa/cart",
      destination_app: "cart-app",
      destination_version: "v1",
      destination_service: "cart.shop.svc.cluster.local",
      destination_canonical_service: "cart",
      destination_canonical_revision: "v1",
      destination_service_name: "cart",
      destination_service_namespace: "shop",
      destination_cluster: "west",
      request_protocol: "http",
      response_code: "503",
      grpc_response_status: "",
      response_flags: "UF,URX",
      connection_security_policy: "mutual_tls",
    });
  });

  const cases: readonly [string, Attributes, { [label: string]: string }][] = [
    [
      "a client's proxy",
      { "context.reporter.kind": "outbound", "connection.mtls": false },
      { reporter: "source", connection_security_policy: "unknown" },
    ],
    [
      "a client's proxy that knows who called",
      { ...peers, "context.reporter.kind": "outbound" },
      { source_principal: "spiffe://cluster.local/ns/shop/sa/web" },
    ],
    [
      "a waypoint",
      { "context.reporter.kind": "inbound", "upstream.cluster": "inbound-vip|80|http|cart.shop.svc.cluster.local" },
      { reporter: "waypoint" },
    ],
    [
      "a plain connection",
      { "context.reporter.kind": "inbound", "connection.mtls": false },
      { reporter: "destination", connection_security_policy: "none" },
    ],
    [
      "a server that says nothing of TLS",
      { "context.reporter.kind": "inbound" },
      { connection_security_policy: "none" },
    ],
    [
      "a client's proxy on a plain connection",
      { ...peers, "context.reporter.kind": "outbound", "connection.mtls": false },
      {
        source_principal: "spiffe://cluster.local/ns/shop/sa/web",
        destination_principal: "spiffe://cluster.local/ns/shop/sa/cart",
      },
    ],
    [
      "a certificate on one side only",
      { ...peers, "context.reporter.kind": "inbound", "connection.mtls": false },
      { source_principal: "unknown", destination_principal: "unknown" },
    ],
    [
      "gRPC",
      { "context.protocol": "grpc", "response.code": 200, "response.grpc_status": "14" },
      { request_protocol: "grpc", response_code: "200", grpc_response_status: "14" },
    ],
    ["gRPC without a status", { "context.protocol": "grpc" }, { grpc_response_status: "" }],
    [
      "a gRPC status on plain HTTP",
      { "context.protocol": "http", "response.grpc_status": "0" },
      { grpc_response_status: "" },
    ],
    [
      "a canonical name for want of labels",
      { "source.canonical.name": "web" },
      { source_app: "web", source_version: "unknown" },
    ],
    ["labels without the ones that count", { "source.labels": new Map([["x", "y"]]) }, { source_app: "unknown" }],
    [
      "the app label before the recommended one",
      {
        "source.labels": new Map([
          ["app", "a"],
          ["app.kubernetes.io/name", "b"],
        ]),
      },
      { source_app: "a" },
    ],
    [
      "traffic let through",
      { "upstream.cluster": "PassthroughCluster", "destination.service.name": "PassthroughCluster" },
      { destination_service_name: "PassthroughCluster" },
    ],
    [
      "other clusters",
      { "upstream.cluster": "outbound|80||x.y.svc.cluster.local" },
      { destination_service_name: "unknown" },
    ],
  ];
  it.each(cases)("of %s", (_, record, expected) => {
    expect(labels("requests", record)).toMatchObject(expected);
  });
});

describe("labels of connections", () => {
  it("are all there when little is known", () => {
    expect(labels("tcp_sent_bytes", { "context.protocol": "tcp" })).toEqual({
      ...nothingKnown,
      request_protocol: "tcp",
    });
  });
});

describe("what is made of which records", () => {
  const requests = ["requests", "request_duration", "request_bytes", "response_bytes"];
  const bytes = ["tcp_sent_bytes", "tcp_received_bytes"];
  const log = { "context.signal": "accesslog" };
  const cases: readonly [string, Attributes, readonly string[]][] = [
    ["HTTP entries", { ...log, "context.protocol": "http" }, requests],
    ["gRPC entries", { ...log, "context.protocol": "grpc" }, requests],
    ["JSON reports", { "context.signal": "report", "context.protocol": "http" }, requests],
    ["JSON reports that do not say what they are", { "context.signal": "report" }, requests],
    ["spans", { "context.signal": "span", "context.protocol": "http" }, []],
    ["checks", { "context.signal": "check", "context.protocol": "tcp" }, []],
    [
      "the first entry of a connection",
      { ...log, "context.protocol": "tcp", "connection.event": "open", "connection.opened": true },
      [...bytes, "tcp_connections_opened"],
    ],
    [
      "a second opening entry",
      { ...log, "context.protocol": "tcp", "connection.event": "open", "connection.opened": false },
      bytes,
    ],
    [
      "entries in between",
      { ...log, "context.protocol": "tcp", "connection.event": "continue", "connection.opened": false },
      bytes,
    ],
    [
      "the last entry",
      { ...log, "context.protocol": "tcp", "connection.event": "close", "connection.opened": false },
      [...bytes, "tcp_connections_closed"],
    ],
    [
      "the only entry",
      { ...log, "context.protocol": "tcp", "connection.event": "close", "connection.opened": true },
      [...bytes, "tcp_connections_opened", "tcp_connections_closed"],
    ],
    [
      "a report that a connection opened",
      { "context.signal": "report", "context.protocol": "tcp", "connection.event": "open" },
      [...bytes, "tcp_connections_opened"],
    ],
  ];
  it.each(cases)("%s", (_, record, expected) => {
    expect(made(record)).toEqual(expected);
  });

  it("entries before the end are not asked for", () => {
    const event = checked.vocabulary.slot("context.event") as number;
    for (const { match } of checked.rules) expect(match?.slots).not.toContain(event);
  });

  it("absent sizes count as none, absent durations not at all", () => {
    const value = (name: string, record: Attributes) => evaluate(metricOf(checked, name)?.value, record);
    expect(value("request_bytes", {})).toBe(0);
    expect(value("response_bytes", { "response.size": 7 })).toBe(7);
    expect(value("tcp_sent_bytes", { "connection.sent.bytes": 9 })).toBe(9);
    expect(value("tcp_received_bytes", { "connection.received.bytes": 8 })).toBe(8);
    expect(value("requests", {})).toBe(1);
    expect(value("request_duration", { "response.duration": 5_000_000 })).toBe(5_000_000);
    expect(value("request_duration", {})).toMatchObject({ kind: "absent" });
  });
});

describe("the default configuration with a backend of spans in the environment", () => {
  const load = (env: Readonly<Record<string, string>>) =>
    loadConfig(defaultConfigFiles(env), {
      env,
      adapters: inventory,
      compile,
      readFile: (path) => readFileSync(path, "utf8"),
    });

  it("relays spans to it", () => {
    const OTEL_EXPORTER_OTLP_ENDPOINT = "http://tempo:4318";
    const found = load({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf" });
    if (!found.ok) throw new Error(found.problems.map(formatProblem).join("\n"));
    expect(found.checked.handlers.get("traces")).toMatchObject({
      params: { endpoint: OTEL_EXPORTER_OTLP_ENDPOINT, protocol: "http/protobuf" },
      instances: [{ name: "spans", template: "spans" }],
    });
    expect(defaultConfigFiles({ OTEL_EXPORTER_OTLP_ENDPOINT: "" })).toEqual([defaultConfigFile()]);
  });

  it("refuses one that is the hub itself", () => {
    const found = load({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://localhost:4317" });
    expect(found.ok ? [] : found.problems.map(({ message }) => message)).toEqual([
      "${env:OTEL_EXPORTER_OTLP_ENDPOINT} is the hub's own listener grpc: what it sends there would come back to it",
    ]);
  });
});

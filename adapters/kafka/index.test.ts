import { fromBinary } from "@bufbuild/protobuf";
import { beforeEach, describe, expect, it } from "vitest";
import { LogsDataSchema } from "../../schemas/gen/opentelemetry/proto/logs/v1/logs_pb.js";
import { TracesDataSchema } from "../../schemas/gen/opentelemetry/proto/trace/v1/trace_pb.js";
import type { LogEntryInstance } from "../../schemas/model/instance.ts";
import { fakeHost } from "../testing/fake-host.ts";
import { aLogEntry, anEdge, aSpan } from "../testing/instances.ts";
import { aMetric, aTuple } from "../testing/metric-instance.ts";
import { config } from "./config.ts";
import type { ConnectOptions } from "./connect.ts";
import { type FakeCluster, fakeCluster } from "./fake-cluster.fixture.ts";
import { createKafka } from "./index.ts";
import type { OutgoingRecord } from "./partition-queue.ts";
import type { WireRecord } from "./wire.ts";

let brokers: FakeCluster;
beforeEach(() => {
  brokers = fakeCluster();
  for (const topic of ["audit", "mesh.a", "mesh.b"]) brokers.addTopic(topic, 1);
});

async function opened(settings: object = {}) {
  const host = fakeHost([{ name: "access", template: "logentry", variables: { path: "STRING", bytes: "INT64" } }]);
  const options: ConnectOptions[] = [];
  const adapter = createKafka(async () => (given) => {
    options.push(given);
    return brokers.connect;
  });
  const outlet = await adapter.open(config.parse({ brokers: ["broker-1:9092"], topic: "audit", ...settings }), host);
  if ("record" in outlet) throw new Error("opened as an aggregator");
  const deliver = (...batch: Parameters<typeof outlet.deliver>[0]) =>
    outlet.deliver(batch, new AbortController().signal);
  return { host, outlet, deliver, options: options[0]! };
}

const jsonOf = ({ value }: WireRecord) => JSON.parse(value.toString());
const only = () => {
  const stored = brokers.stored("audit");
  expect(stored).toHaveLength(1);
  return stored[0]!;
};

const traced = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" };

describe("a record as JSON", () => {
  it("of a log entry is its variables, and what the hub knows of it", async () => {
    const { deliver } = await opened();
    const time = { seconds: 1_699_999_999, nanos: 250_000_001 };
    await deliver(
      aLogEntry("access", { time, ...traced, weight: 10, variables: { path: "/", time: "noon", labels: { a: "b" } } }),
    );
    expect(jsonOf(only())).toEqual({
      instance: "access",
      time: "2023-11-14T22:13:19.250000001Z",
      severity: "info",
      ...traced,
      weight: 10,
      path: "/",
      "variables.time": "noon",
      labels: { a: "b" },
    });
    expect(only().timestampMs).toBe(1_699_999_999_250);
  });

  it("of the other templates is flat, too", async () => {
    const { deliver } = await opened();
    await deliver(anEdge("edges"), aSpan("spans"), aMetric("requests", { labels: aTuple({ code: "200" }) }));
    expect(brokers.stored("audit").map(jsonOf)).toMatchObject([
      { instance: "edges", "source.name": "web", protocol: "http" },
      { instance: "spans", name: "GET /", service: "cart" },
      { instance: "requests", value: 1, code: "200" },
    ]);
  });

  it("is dated by the hub's clock where it has no time, or one that is still to come", async () => {
    const { host, deliver } = await opened();
    await deliver(aMetric("requests"), aLogEntry("access", { time: { seconds: 4_000_000_000, nanos: 0 } }));
    expect(brokers.stored("audit").map(({ timestampMs }) => timestampMs)).toEqual([host.nowMs, host.nowMs]);
  });

  it("from before 1970 is dated 1970: Kafka takes no earlier time", async () => {
    const { deliver } = await opened();
    await deliver(aLogEntry("access", { time: { seconds: -5, nanos: 0 } }));
    expect(only().timestampMs).toBe(0);
  });
});

describe("a CloudEvent", () => {
  const entry = () => aLogEntry("access", { computed: { key: "shop" } });

  it("is binary by default", async () => {
    const { deliver } = await opened({ format: "cloudevents" });
    await deliver(entry());
    expect(only().headers).toEqual({
      "content-type": "application/json",
      ce_specversion: "1.0",
      ce_id: (only() as OutgoingRecord).id,
      ce_source: "/mixdown",
      ce_type: "mixdown.logentry",
      ce_time: "2023-11-14T22:13:20Z",
      ce_subject: "access",
      ce_partitionkey: "shop",
    });
    expect(jsonOf(only())).toMatchObject({ instance: "access", path: "/" });
  });

  it("may be structured, with a source and a type of one's own", async () => {
    const cloudEvents = { mode: "structured", source: "urn:shop", type: "shop.request" };
    const { deliver } = await opened({ format: "cloudevents", cloudEvents });
    await deliver(entry(), aMetric("requests"));
    const [event, metric] = brokers.stored("audit");
    expect(event!.headers).toEqual({ "content-type": "application/cloudevents+json; charset=UTF-8" });
    expect(jsonOf(event!)).toEqual({
      specversion: "1.0",
      id: (event as OutgoingRecord).id,
      source: "urn:shop",
      type: "shop.request",
      time: "2023-11-14T22:13:20Z",
      subject: "access",
      partitionkey: "shop",
      datacontenttype: "application/json",
      data: expect.objectContaining({ path: "/" }),
    });
    expect(jsonOf(metric!)).not.toHaveProperty("time");
  });
});

describe("an OTLP message", () => {
  it("holds one log record, with the types of its variables", async () => {
    const { deliver } = await opened({ format: "otlp", resource: { env: "prod" } });
    await deliver(aLogEntry("access", { variables: { path: "/", bytes: 7 }, computed: { serviceName: "cart" } }));
    const { resourceLogs } = fromBinary(LogsDataSchema, only().value);
    expect(resourceLogs).toHaveLength(1);
    const [{ resource, scopeLogs }] = resourceLogs as [(typeof resourceLogs)[number]];
    expect(resource?.attributes.map(({ key, value }) => [key, value?.value.value])).toEqual([
      ["service.name", "cart"],
      ["env", "prod"],
    ]);
    expect(scopeLogs[0]!.logRecords[0]).toMatchObject({
      timeUnixNano: 1_700_000_000_000_000_000n,
      eventName: "access",
      attributes: [{ key: "path" }, { key: "bytes", value: { value: { case: "intValue", value: 7n } } }],
    });
    expect(only().headers).toEqual({ "mixdown-id": (only() as OutgoingRecord).id });
  });

  it("holds one span", async () => {
    const { deliver } = await opened({ format: "otlp" });
    await deliver(aSpan("spans"));
    const { resourceSpans } = fromBinary(TracesDataSchema, only().value);
    expect(resourceSpans[0]!.scopeSpans[0]!.spans).toMatchObject([{ name: "GET /" }]);
  });
});

describe("the key", () => {
  it.each<[NonNullable<LogEntryInstance["computed"]>, string | undefined]>([
    [{ key: "shop" }, "shop"],
    [{ key: "" }, ""],
    [{ key: 42 }, "42"],
    [{ key: true }, "true"],
    [{ key: { app: "web" } }, '{"app":"web"}'],
    [{}, undefined],
  ])("of %j is %j", async (computed, key) => {
    const { deliver } = await opened();
    await deliver(aLogEntry("access", { computed }));
    expect(only().key?.toString()).toBe(key);
  });
});

describe("the topic", () => {
  const to = (topicExpression?: string | number) =>
    aLogEntry("access", { computed: topicExpression === undefined ? {} : { topicExpression } });
  const settings = { topicExpression: "x", allowedTopics: ["mesh.*", "later"] };

  it("comes from the expression where it is allowed, and is the fixed one elsewhere", async () => {
    const { deliver } = await opened(settings);
    expect(await deliver(to("mesh.a"), to("mesh.b"), to("audit"), to("secret"), to(), to("mesh./"))).toEqual({
      status: "delivered",
    });
    expect(["mesh.a", "mesh.b", "audit"].map((topic) => brokers.stored(topic).length)).toEqual([1, 1, 4]);
    expect(brokers.asked.flat().toSorted()).toEqual(["audit", "mesh.a", "mesh.b"]);
  });

  it("that is not allowed is refused without a fixed one", async () => {
    const { deliver } = await opened({ ...settings, topic: undefined });
    expect(await deliver(to("mesh.a"), to("secret"), to())).toMatchObject({
      status: "partial",
      rejected: [1, 2],
      retry: [],
      reason: expect.stringMatching(/"secret" is not allowed; add it to allowedTopics.*gives no topic/),
    });
    expect(await deliver(to("secret"))).toMatchObject({ status: "rejected" });
  });

  it("that only a pattern allows, and that there is not, goes the way of those not allowed", async () => {
    const withFixed = await opened(settings);
    expect(await withFixed.deliver(to("mesh.a"), to("mesh.zzz"))).toEqual({ status: "delivered" });
    expect(brokers.stored("audit")).toHaveLength(1);
    const without = await opened({ ...settings, topic: undefined });
    expect(await without.deliver(to("mesh.a"), to("mesh.zzz"))).toMatchObject({
      status: "partial",
      rejected: [1],
      reason: expect.stringContaining("the topic mesh.zzz does not exist"),
    });
  });

  it("that the settings name is waited for", async () => {
    const { deliver } = await opened(settings);
    expect(await deliver(to("mesh.a"), to("later"))).toMatchObject({
      status: "partial",
      rejected: [],
      retry: [1],
      reason: expect.stringContaining("later: UNKNOWN_TOPIC_OR_PARTITION"),
    });
    const plain = await opened({ topic: "nope" });
    expect(await plain.deliver(to())).toMatchObject({ status: "retry", reason: expect.stringContaining("nope") });
  });
});

describe("an id", () => {
  it("is the same each time that an instance is sent, and no other's", async () => {
    const { deliver } = await opened();
    const [first, second] = [aLogEntry("access"), aLogEntry("access")];
    brokers.faultFor = () => ({ storedBut: 20 });
    await deliver(first, second);
    brokers.faultFor = () => undefined;
    expect(await deliver(second)).toEqual({ status: "delivered" });
    const ids = brokers.stored("audit").map(({ headers }) => headers["mixdown-id"]);
    expect(ids).toEqual([ids[0], ids[1], ids[1]]);
    expect(ids[0]).not.toBe(ids[1]);
  });
});

describe("an id of the hub's", () => {
  it("is taken as it is", async () => {
    const { deliver } = await opened();
    await deliver(aLogEntry("access", { id: "m0-1-2" }));
    expect(only().headers).toEqual({ "mixdown-id": "m0-1-2" });
  });
});

describe("what becomes of a batch", () => {
  const batch = () => [aLogEntry("access"), aLogEntry("access"), aLogEntry("access")];

  it("too large alone is said to be so", async () => {
    const { deliver } = await opened();
    brokers.faultFor = () => 10;
    expect(await deliver(aLogEntry("access"))).toMatchObject({ status: "too_large" });
    expect(await deliver(...batch())).toMatchObject({
      status: "rejected",
      reason: expect.stringContaining("MESSAGE_TOO_LARGE"),
    });
  });

  it("that is throttled is delivered, and the next waits as long as the brokers ask for", async () => {
    const { host, deliver } = await opened();
    brokers.throttleMs = 800;
    expect(await deliver(...batch())).toEqual({ status: "delivered" });
    host.nowMs += 300;
    expect(await deliver(...batch())).toMatchObject({
      status: "retry",
      afterMs: 500,
      reason: expect.stringContaining("quota"),
    });
    host.nowMs += 500;
    expect(await deliver(...batch())).toEqual({ status: "delivered" });
  });

  it("of a producer that a person must help is an error in the log, once a minute", async () => {
    const { host, deliver } = await opened();
    brokers.faultFor = () => 29;
    expect(await deliver(...batch())).toMatchObject({
      status: "retry",
      reason: expect.stringContaining("grant the user"),
    });
    await deliver(...batch());
    expect(host.logged).toMatchObject([{ level: "error", fields: { reason: expect.stringContaining("audit") } }]);
    host.nowMs += 60_000;
    await deliver(...batch());
    expect(host.logged).toHaveLength(2);
  });

  it("that is given up takes its connections with it, and comes again by new ones", async () => {
    const { outlet, deliver } = await opened();
    await deliver(...batch());
    brokers.silent = true;
    const abort = new AbortController();
    const delivery = outlet.deliver(batch(), abort.signal);
    abort.abort();
    expect(await delivery).toEqual({ status: "retry", reason: "the brokers did not answer in time" });
    expect(brokers.open).toBe(0);
    brokers.silent = false;
    expect(await deliver(...batch())).toEqual({ status: "delivered" });
    expect(brokers.identities).toBe(2);
    await outlet.close();
    expect(brokers.open).toBe(0);
  });

  it("that is given up while it connects leaves no connection behind", async () => {
    const { outlet } = await opened();
    const abort = new AbortController();
    const delivery = outlet.deliver(batch(), abort.signal);
    expect(brokers.open).toBe(1);
    abort.abort();
    expect(await delivery).toMatchObject({ status: "retry" });
    expect([brokers.open, brokers.stored("audit")]).toEqual([0, []]);
  });

  it("that is given up before it begins is not sent", async () => {
    const { outlet } = await opened();
    expect(await outlet.deliver(batch(), AbortSignal.abort())).toMatchObject({ status: "retry" });
  });
});

describe("TLS", () => {
  it("with a file that cannot be read does not open, and says which", async () => {
    await expect(opened({ tls: { ca: "/nowhere/ca.pem" } })).rejects.toThrow(/tls\.ca: .*nowhere/);
  });
});

describe("a password", () => {
  const sasl = (mechanism: string) => ({ mechanism, username: "a", password: "b" });

  it("that is sent as it is is warned of", async () => {
    expect((await opened({ sasl: sasl("plain") })).host.logged).toMatchObject([{ level: "warn" }]);
    expect((await opened({ sasl: sasl("plain"), tls: true })).host.logged).toEqual([]);
    expect((await opened({ sasl: sasl("scram-sha-512") })).host.logged).toEqual([]);
  });
});

describe("the log of kafkajs", () => {
  it("is the handler's, and does not repeat itself", async () => {
    const { host, options } = await opened();
    const line = (label: string) => ({
      label,
      namespace: "Connection",
      log: { message: "no", broker: "a:1", stack: "x" },
    });
    options.log(line("ERROR"));
    options.log(line("ERROR"));
    options.log(line("WARN"));
    expect(host.logged).toEqual([
      { level: "warn", fields: { broker: "a:1" }, message: "no" },
      { level: "info", fields: { broker: "a:1" }, message: "no" },
    ]);
  });
});

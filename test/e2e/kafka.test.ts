import { fileURLToPath } from "node:url";
import { fromBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Delivery, Outlet } from "../../adapters/adapter.ts";
import { config } from "../../adapters/kafka/config.ts";
import type { Sendable } from "../../adapters/kafka/content.ts";
import { kafka } from "../../adapters/kafka/index.ts";
import { type FakeHost, fakeHost } from "../../adapters/testing/fake-host.ts";
import { aLogEntry } from "../../adapters/testing/instances.ts";
import { LogsDataSchema } from "../../schemas/gen/opentelemetry/proto/logs/v1/logs_pb.js";
import type { LogEntryInstance } from "../../schemas/model/instance.ts";
import { startChild } from "./support/child.ts";
import { type Kafka, startKafka } from "./support/kafka.ts";
import { kafkaUsers } from "./support/kafka-properties.ts";
import { type ReadRecord, readTopic, readValue } from "./support/kafka-reader.ts";
import { describeWith } from "./support/needs.ts";
import { pause, waitFor } from "./support/wait.ts";

type KafkaOutlet = Outlet<Sendable["template"]>;

/** Entries of this moment: brokers forget a producer whose records are old when they start anew. */
function entries(count: number, keys: number, from = 0): LogEntryInstance[] {
  const time = { seconds: Math.floor(Date.now() / 1000), nanos: 0 };
  return Array.from({ length: count }, (_, i) => {
    const n = from + i;
    return aLogEntry("access", { time, variables: { n }, computed: { key: `key-${n % keys}` } });
  });
}

/** The values of `n` by key, in the order in which a consumer sees them. */
function numbersByKey(records: readonly ReadRecord[]): Record<string, number[]> {
  const byKey: Record<string, number[]> = {};
  for (const { key, value } of records) {
    byKey[key ?? ""] ??= [];
    byKey[key ?? ""]!.push(JSON.parse(value).n);
  }
  return byKey;
}

const expectedByKey = (count: number, keys: number) =>
  Object.fromEntries(
    Array.from({ length: keys }, (_, k) => [
      `key-${k}`,
      Array.from({ length: count }, (_, n) => n).filter((n) => n % keys === k),
    ]),
  );

describeWith(
  "kafka",
  "kcat",
  "openssl",
)("the adapter kafka on a real broker", () => {
  let cluster: Kafka;
  let host: FakeHost;
  const opened: KafkaOutlet[] = [];

  async function open(params: object = {}): Promise<KafkaOutlet> {
    host = fakeHost([{ name: "access", template: "logentry", variables: { n: "INT64" } }], { now: Date.now });
    const outlet = await kafka.open(config.parse({ brokers: [cluster.listeners.plain], ...params }), host);
    if ("record" in outlet) throw new Error("opened as an aggregator");
    opened.push(outlet);
    return outlet;
  }

  const attempt = (outlet: KafkaOutlet, batch: readonly Sendable[]) =>
    outlet.deliver(batch, AbortSignal.timeout(10_000));

  /** Delivers batch after batch until it is told to end, as a lane does. */
  function keepSending(outlet: KafkaOutlet) {
    let sent = 0;
    let isEnding = false;
    const flow = {
      setbacks: 0,
      reached: (count: number) => waitFor(`${count} records`, () => (sent >= count ? true : undefined)),
      async end() {
        const until = sent + 1000;
        await waitFor("the flow to go on", () => (sent >= until ? true : undefined), 60_000);
        isEnding = true;
        await sending;
        return sent;
      },
    };
    const sending = (async () => {
      for (; !isEnding; sent += 100) {
        await deliver(outlet, entries(100, 7, sent), ({ status }) => {
          if (status !== "delivered") flow.setbacks++;
        });
      }
    })();
    sending.catch(() => {});
    return flow;
  }

  /** Delivers as a lane does: what is to be retried again and again, until all has ended. */
  async function deliver(
    outlet: KafkaOutlet,
    batch: readonly Sendable[],
    onAnswer: (answer: Delivery) => void = () => {},
  ): Promise<Delivery[]> {
    const answers: Delivery[] = [];
    let rest = batch;
    await waitFor(
      "a batch to be delivered",
      async () => {
        const answer = await attempt(outlet, rest);
        answers.push(answer);
        onAnswer(answer);
        if (answer.status === "partial") rest = (answer.retry ?? []).map((i) => rest[i]!);
        return answer.status === "retry" || (answer.status === "partial" && rest.length > 0) ? undefined : answer;
      },
      60_000,
      100,
    );
    return answers;
  }

  beforeAll(async () => {
    cluster = await startKafka(2);
    // The first identity is given out once the controller has a leader.
    await cluster.createTopic("warm-up");
    await deliver(await open({ topic: "warm-up" }), entries(1, 1));
  });

  afterAll(async () => {
    for (const outlet of opened) await outlet.close();
    await cluster.stop();
  });

  test.each(["none", "gzip", "snappy", "lz4", "zstd"])(
    "records packed with %s are whole and in order",
    async (compression) => {
      const topic = `packed.${compression}`;
      await cluster.createTopic(topic, { partitions: 3 });
      const outlet = await open({ topic, compression });
      for (let from = 0; from < 1000; from += 250) await deliver(outlet, entries(250, 7, from));
      const records = readTopic(cluster.listeners.plain, topic);
      expect(numbersByKey(records)).toEqual(expectedByKey(1000, 7));
      expect(new Set(records.map(({ headers }) => headers["mixdown-id"])).size).toBe(1000);
      expect(host.logged).toEqual([]);
    },
  );

  test("acks may be of the leader, or of nobody", async () => {
    await cluster.createTopic("acks");
    for (const acks of ["leader", "none"])
      expect(await attempt(await open({ topic: "acks", acks }), entries(5, 1))).toEqual({ status: "delivered" });
    await waitFor("both batches", () => (readTopic(cluster.listeners.plain, "acks").length === 10 ? true : undefined));
  });

  test("formats are what consumers expect", async () => {
    for (const format of ["cloudevents", "otlp"]) await cluster.createTopic(`as.${format}`);
    await deliver(await open({ topic: "as.cloudevents", format: "cloudevents" }), entries(1, 1));
    const [event] = readTopic(cluster.listeners.plain, "as.cloudevents");
    expect(event?.headers).toMatchObject({
      ce_specversion: "1.0",
      ce_type: "mixdown.logentry",
      ce_partitionkey: "key-0",
    });
    expect([event?.key, JSON.parse(event!.value).n]).toEqual(["key-0", 0]);
    expect(event?.timestampMs).toBe(Date.parse(event?.headers.ce_time ?? ""));
    await deliver(await open({ topic: "as.otlp", format: "otlp" }), entries(1, 1));
    const { resourceLogs } = fromBinary(LogsDataSchema, readValue(cluster.listeners.plain, "as.otlp", 0));
    expect(resourceLogs[0]?.scopeLogs[0]?.logRecords).toMatchObject([{ eventName: "access" }]);
  });

  describe("logging in", () => {
    const tls = () => ({ ca: cluster.ca });
    const scram = (mechanism: string) => ({ mechanism, ...kafkaUsers.scram });
    const ways: [string, () => object][] = [
      ["TLS", () => ({ brokers: [cluster.listeners.tls], tls: tls() })],
      ["SASL PLAIN", () => ({ brokers: [cluster.listeners.sasl], sasl: { mechanism: "plain", ...kafkaUsers.plain } })],
      ["SCRAM-SHA-256", () => ({ brokers: [cluster.listeners.sasl], sasl: scram("scram-sha-256") })],
      ["SCRAM-SHA-512", () => ({ brokers: [cluster.listeners.sasl], sasl: scram("scram-sha-512") })],
      ["SCRAM over TLS", () => ({ brokers: [cluster.listeners.saslTls], tls: tls(), sasl: scram("scram-sha-512") })],
    ];

    beforeAll(() => cluster.createTopic("secure"));

    test.each(ways)("by %s", async (_, params) => {
      expect(await attempt(await open({ topic: "secure", ...params() }), entries(3, 1))).toEqual({
        status: "delivered",
      });
    });

    const wrong: [string, () => object, RegExp, string][] = [
      [
        "a wrong password",
        () => ({ brokers: [cluster.listeners.sasl], sasl: { ...scram("scram-sha-256"), password: "x" } }),
        /authentication failed.*check sasl/i,
        "error",
      ],
      [
        "a wrong PLAIN user",
        () => ({ brokers: [cluster.listeners.sasl], sasl: { mechanism: "plain", username: "x", password: "y" } }),
        /authentication failed.*check sasl/i,
        "error",
      ],
      ["an unknown authority", () => ({ brokers: [cluster.listeners.tls], tls: true }), /certificate/, "error"],
      ["no TLS where it is wanted", () => ({ brokers: [cluster.listeners.tls] }), /check sasl and tls/, "warn"],
      ["no user where one is wanted", () => ({ brokers: [cluster.listeners.sasl] }), /check sasl and tls/, "warn"],
    ];

    test.each(wrong)("with %s is tried again, and the log says what to mend", async (_, params, reason, level) => {
      const outlet = await open({ topic: "secure", ...params() });
      const answer = await attempt(outlet, entries(3, 1));
      expect(answer).toMatchObject({ status: "retry", reason: expect.stringMatching(reason) });
      if (level === "error") expect(host.logged.map((line) => line.level)).toContain("error");
    });
  });

  test("a connection that the broker ended because it was idle, and a login that ran out, are made anew unseen", async () => {
    const sasl = { mechanism: "scram-sha-512", ...kafkaUsers.scram };
    const outlet = await open({ topic: "secure", brokers: [cluster.listeners.sasl], sasl });
    for (const waitMs of [0, 4000, 0, ...Array.from({ length: 8 }, () => 1000)]) {
      await pause(waitMs);
      expect(await attempt(outlet, entries(1, 1))).toEqual({ status: "delivered" });
    }
    expect(host.logged).toEqual([]);
  });

  test("a topic that does not exist is not created, and is used once it is there", async () => {
    const outlet = await open({ topic: "later" });
    expect(await attempt(outlet, entries(2, 1))).toMatchObject({
      status: "retry",
      reason: expect.stringContaining("later: UNKNOWN_TOPIC_OR_PARTITION"),
    });
    expect(await cluster.topics()).not.toContain("later");
    await cluster.createTopic("later");
    await deliver(outlet, entries(2, 1));
    expect(readTopic(cluster.listeners.plain, "later")).toHaveLength(2);
  });

  test("topics from traffic go nowhere but where they are allowed to", async () => {
    for (const topic of ["mesh.shop", "rest"]) await cluster.createTopic(topic);
    const outlet = await open({ topic: "rest", topicExpression: "t", allowedTopics: ["mesh.*"] });
    const to = (topicExpression: string) => aLogEntry("access", { variables: { n: 1 }, computed: { topicExpression } });
    await deliver(outlet, [to("mesh.shop"), to("evil"), to("mesh.none"), to("mesh.shop")]);
    expect(["mesh.shop", "rest"].map((topic) => readTopic(cluster.listeners.plain, topic).length)).toEqual([2, 2]);
    expect((await cluster.topics()).filter((topic) => /evil|mesh.none/.test(topic))).toEqual([]);
  });

  test("of records that are too large only those are set aside", async () => {
    await cluster.createTopic("small", { settings: { "max.message.bytes": "3000" } });
    const outlet = await open({ topic: "small" });
    const batch = entries(20, 1);
    const large = aLogEntry("access", { variables: { n: -1, text: "x".repeat(4000) }, computed: { key: "key-0" } });
    expect(await deliver(outlet, [...batch.slice(0, 7), large, ...batch.slice(7)])).toMatchObject([
      { status: "partial", rejected: [7], retry: [], reason: expect.stringContaining("MESSAGE_TOO_LARGE") },
    ]);
    expect(numbersByKey(readTopic(cluster.listeners.plain, "small"))).toEqual(expectedByKey(20, 1));
    expect(await attempt(outlet, [large])).toMatchObject({ status: "too_large" });
  });

  test("a quota is honoured", async () => {
    await cluster.createTopic("quota");
    cluster.setQuota("greedy", 20_000);
    const outlet = await open({ topic: "quota", clientId: "greedy" });
    const answers: Delivery[] = [];
    for (let from = 0; from < 2000; from += 500) answers.push(...(await deliver(outlet, entries(500, 1, from))));
    const waits = answers.flatMap((answer) => (answer.status === "retry" ? [answer] : []));
    expect(waits.length).toBeGreaterThan(0);
    for (const wait of waits)
      expect(wait).toMatchObject({ afterMs: expect.any(Number), reason: expect.stringContaining("quota") });
    expect(numbersByKey(readTopic(cluster.listeners.plain, "quota"))).toEqual(expectedByKey(2000, 1));
  });

  test.each<NodeJS.Signals>(["SIGTERM", "SIGKILL"])(
    "a broker that ends by %s and comes back has everything once, in order",
    async (signal) => {
      const topic = `restart.${signal}`;
      await cluster.createTopic(topic, { partitions: 3 });
      const outlet = await open({ topic });
      const flow = keepSending(outlet);
      await flow.reached(1000);
      await cluster.halt(undefined, signal);
      await waitFor("an attempt in vain", () => (flow.setbacks > 0 ? true : undefined));
      await cluster.resume();
      const sent = await flow.end();
      expect(numbersByKey(readTopic(cluster.listeners.plain, topic))).toEqual(expectedByKey(sent, 7));
    },
  );

  test("a leader that is killed leaves its partitions to another, and all of them go on", async () => {
    await cluster.createTopic("moving", { partitions: 4, replicas: 2 });
    const flow = keepSending(await open({ topic: "moving" }));
    await flow.reached(1000);
    await cluster.halt(1, "SIGKILL");
    await waitFor("an attempt in vain", () => (flow.setbacks > 0 ? true : undefined));
    const sent = await flow.end();
    await cluster.resume();
    expect(numbersByKey(readTopic(cluster.listeners.plain, "moving"))).toEqual(expectedByKey(sent, 7));
  });

  test("nothing is left open that would keep a process alive, and nothing is printed", async () => {
    const script = fileURLToPath(new URL("support/kafka-once.ts", import.meta.url));
    const child = startChild(process.execPath, [script, cluster.listeners.plain, "warm-up"]);
    expect([await child.ended(), child.stdout(), child.stderr()]).toEqual([0, "", ""]);
  });
});

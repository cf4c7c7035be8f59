import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { accessLogClient } from "./support/als-client.ts";
import { httpMessage, identifierMessage, requestEntry } from "./support/als-messages.ts";
import { temporaryFolder } from "./support/folder.ts";
import { type Hub, startHub } from "./support/hub.ts";
import { type Kafka, startKafka } from "./support/kafka.ts";
import { type ReadRecord, readTopic } from "./support/kafka-reader.ts";
import { describeWith, measured } from "./support/needs.ts";
import { pause, waitUntil } from "./support/wait.ts";

/** How long the broker is away, and what comes meanwhile. */
const outageMs = Number(process.env.MIXDOWN_KAFKA_OUTAGE_MS ?? 60_000);
const recordsPerSecond = 5000;
const perReport = 250;
const keys = 20;

/** The numbers in the paths of records, by key, in the order in which a consumer sees them. */
function numbersByKey(records: readonly ReadRecord[]): Map<string | null, number[]> {
  const byKey = Map.groupBy(records, ({ key }) => key);
  return new Map([...byKey].map(([key, own]) => [key, own.map(({ value }) => numberIn(JSON.parse(value).path))]));
}

const numberIn = (path: string) => Number(path.slice(path.lastIndexOf("/") + 1));

/** Every number from 0 on once, those of a key in order. */
function expectAll(records: readonly ReadRecord[], count: number): void {
  const found = numbersByKey(records);
  const wanted = Map.groupBy(
    Array.from({ length: count }, (_, n) => n),
    (n) => `key-${n % keys}`,
  );
  expect(records.length).toBe(count);
  for (const [key, numbers] of wanted) expect(found.get(key)).toEqual(numbers);
}

describeWith(
  "kafka",
  "kcat",
  "openssl",
)("Kafka behind the whole hub", () => {
  const folder = temporaryFolder("kafka-hub");
  let cluster: Kafka;
  let hub: Hub;
  const lines = () => readFileSync(join(folder.path, "audit.jsonl"), "utf8").split("\n").length - 1;

  beforeAll(async () => {
    cluster = await startKafka();
    for (const topic of ["mesh.report", "mesh.killed", "mesh.rest"])
      await cluster.createTopic(topic, { partitions: 3 });
    hub = await start();
  });

  const start = () =>
    startHub({
      settings: settings(cluster.listeners.plain, join(folder.path, "audit.jsonl")),
      dataDir: join(folder.path, "data"),
    });

  afterAll(async () => {
    await hub.stop();
    await cluster.stop();
    folder.remove();
  });

  /** Reports records numbered from `first` on, as a proxy that writes JSON does; resolves once the hub has them. */
  async function report(first: number, count: number, about = "report"): Promise<void> {
    const attributes = Array.from({ length: count }, (_, i) => ({
      "source.workload.name": `key-${(first + i) % keys}`,
      "destination.workload.name": about,
      "request.path": `/orders/${first + i}`,
      "response.code": 200,
      "response.time": new Date().toISOString(),
    }));
    const answer = await fetch(`http://${hub.listeners.http}/v1/report`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ attributes }),
    });
    expect(await answer.json()).toMatchObject({ accepted: count });
  }

  const delivered = () => hub.total("mixdown_handler_delivered_total", { handler: "audit" });
  const requests = () => hub.total("istio_requests_total");

  test("reports and access logs arrive whole, by key and topic, in order", async () => {
    await report(0, 1000);
    const client = accessLogClient(hub.listeners.grpc!);
    const stream = client.open();
    await stream.send(identifierMessage("proxy-1", "key-0"));
    for (let first = 0; first < 500; first += 50) {
      const entries = Array.from({ length: 50 }, (_, i) => requestEntry({ id: `${first + i}`, path: `/${first + i}` }));
      await stream.send(httpMessage(entries));
    }
    await stream.end();
    client.close();
    await waitUntil("everything to be delivered", async () => (await delivered()) >= 1500);
    expectAll(readTopic(cluster.listeners.plain, "mesh.report"), 1000);
    const proxied = numbersByKey(readTopic(cluster.listeners.plain, "mesh.rest"));
    expect([...proxied]).toEqual([["key-0", Array.from({ length: 500 }, (_, n) => n)]]);
  });

  test("Kafka away concerns its lane only; when it is back everything arrives, in order", async () => {
    const before = { requests: await requests(), lines: lines(), delivered: await delivered() };
    let sent = 0;
    const latencies: number[] = [];
    const sendFor = async (ms: number) => {
      const start = performance.now();
      const from = sent;
      while (performance.now() - start < ms) {
        const due = from + ((performance.now() - start) / 1000) * recordsPerSecond;
        if (sent > due) {
          await pause(5);
          continue;
        }
        const begun = performance.now();
        await report(1000 + sent, perReport);
        latencies.push(performance.now() - begun);
        sent += perReport;
      }
      return latencies.splice(0).sort((a, b) => a - b);
    };
    const median = (sorted: readonly number[]) => sorted[sorted.length >> 1] ?? Number.NaN;

    const well = await sendFor(5000);
    await cluster.halt();
    const away = await sendFor(outageMs);
    expect((await requests()) - before.requests).toBe(sent);
    await waitUntil("the file to have all lines", () => lines() - before.lines === sent, 5000);
    const backlog = sent - ((await delivered()) - before.delivered);
    expect(backlog).toBeGreaterThan((outageMs / 1000) * recordsPerSecond * 0.5);
    measured(
      "answers to reports, median, with Kafka and without",
      `${median(well).toFixed(1)} and ${median(away).toFixed(1)} ms`,
    );
    measured("records/s while Kafka was away", `${Math.round((away.length * perReport) / (outageMs / 1000))}`);

    const resumed = performance.now();
    await cluster.resume();
    const answering = performance.now();
    await sendFor(3000);
    await waitUntil("everything to be delivered", async () => (await delivered()) - before.delivered >= sent, 120_000);
    measured(
      "backlog",
      `${backlog} records, delivered ${((performance.now() - answering) / 1000).toFixed(1)} s after Kafka was back (${((answering - resumed) / 1000).toFixed(1)} s to start)`,
    );
    expectAll(readTopic(cluster.listeners.plain, "mesh.report"), 1000 + sent);
    const stats = await (
      await hub.get(
        `/api/v1/stats/services?from=-30m&where=${encodeURIComponent('destination.workload.name == "report"')}`,
      )
    ).json();
    expect(JSON.stringify(stats)).toContain(`"requests":${1000 + sent}`);
    expect(await hub.total("mixdown_handler_lost_total")).toBe(0);
    expect(await hub.total("mixdown_handler_dead_lettered_total")).toBe(0);
  }, 300_000);

  test("a hub that is killed loses nothing, and what comes twice has the same id", async () => {
    let sent = 0;
    for (let kills = 0; kills < 3; kills++) {
      for (let i = 0; i < 8; i++, sent += perReport) await report(sent, perReport, "killed");
      hub.process.signal("SIGKILL");
      await hub.process.ended();
      hub = await start();
    }
    await waitUntil(
      "nothing to be pending",
      async () => (await hub.total("mixdown_handler_pending", { handler: "audit" })) === 0,
    );
    const records = readTopic(cluster.listeners.plain, "mesh.killed");
    const once = [...new Map(records.map((record) => [record.headers["mixdown-id"], record])).values()];
    measured("records twice in the topic after three kills", `${records.length - once.length} of ${sent}`);
    expectAll(once, sent);
  });
});

function settings(broker: string, file: string) {
  return {
    listeners: {
      grpc: { address: "127.0.0.1:0" },
      http: { address: "127.0.0.1:0" },
      admin: { address: "127.0.0.1:0" },
    },
    handlers: {
      audit: {
        adapter: "kafka",
        durable: true,
        batch: { maxAge: "100ms" },
        retry: { max: "1s" },
        params: {
          brokers: [broker],
          topic: "mesh.rest",
          topicExpression: '"mesh." + destination.workload.name',
          allowedTopics: ["mesh.report", "mesh.k*"],
          key: "source.workload.name",
          compression: "lz4",
        },
      },
      lines: { adapter: "file", params: { path: file } },
    },
    instances: {
      line: { template: "logentry", params: { variables: { path: "request.path", code: "response.code" } } },
    },
    rules: [
      { name: "audit", actions: [{ handler: "audit", instances: ["line"] }] },
      { name: "lines", actions: [{ handler: "lines", instances: ["line"] }] },
    ],
  };
}

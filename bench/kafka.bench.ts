import kafkajs from "kafkajs";
import type { Outlet } from "../adapters/adapter.ts";
import { config } from "../adapters/kafka/config.ts";
import type { Sendable } from "../adapters/kafka/content.ts";
import { kafka } from "../adapters/kafka/index.ts";
import { toJsonObject } from "../adapters/kafka/json.ts";
import { fakeHost } from "../adapters/testing/fake-host.ts";
import { aLogEntry } from "../adapters/testing/instances.ts";
import { median } from "./support/side-by-side.ts";

/** The adapter's deliver beside a bare kafkajs producer that is given the same records, encoded before, in the same batches. */
export interface KafkaBench {
  readonly recordBytes: number;
  readonly adapterPerSecond: number;
  readonly kafkajsPerSecond: number;
  readonly ratio: number;
  /** The same with records packed by gzip. */
  readonly gzipAdapterPerSecond: number;
  readonly gzipKafkajsPerSecond: number;
  readonly gzipRatio: number;
}

const topic = "mixdown.bench";
const batchSize = 1000;
const batches = 30;
const rounds = 7;

/** Measures against the broker that MIXDOWN_KAFKA_BROKER names ("host:port"); says so if there is none. */
export async function runKafkaBench(): Promise<KafkaBench | { readonly skipped: string }> {
  const broker = process.env.MIXDOWN_KAFKA_BROKER;
  if (broker === undefined)
    return { skipped: "set MIXDOWN_KAFKA_BROKER to the host:port of a broker without TLS and SASL" };
  await makeTopic(broker);
  const plain = await compare(broker, "none");
  const packed = await compare(broker, "gzip");
  return {
    recordBytes: Math.round(JSON.stringify(toJsonObject(entries(0)[0]!)).length),
    adapterPerSecond: plain.ours,
    kafkajsPerSecond: plain.theirs,
    ratio: plain.ours / plain.theirs,
    gzipAdapterPerSecond: packed.ours,
    gzipKafkajsPerSecond: packed.theirs,
    gzipRatio: packed.ours / packed.theirs,
  };
}

/** Round by round, one after the other, so that what else the machine does hits both. */
async function compare(broker: string, compression: "none" | "gzip") {
  const adapter = await openAdapter(broker, compression);
  const producer = await openProducer(broker);
  const work = Array.from({ length: batches }, (_, i) => entries(i * batchSize));
  const encoded = work.map((batch) => batch.map(toMessage));
  const codec = compression === "gzip" ? kafkajs.CompressionTypes.GZIP : kafkajs.CompressionTypes.None;
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let round = -2; round < rounds; round++) {
    const a = await rate(work, async (batch) => {
      const delivery = await adapter.deliver(batch, AbortSignal.timeout(10_000));
      if (delivery.status !== "delivered") throw new Error(JSON.stringify(delivery));
    });
    const b = await rate(encoded, (messages) => producer.send({ topic, messages, acks: -1, compression: codec }));
    if (round >= 0) [ours.push(a), theirs.push(b)];
  }
  await adapter.close();
  await producer.disconnect();
  return { ours: median(ours), theirs: median(theirs) };
}

/** Records per second of sending these batches one after the other. */
async function rate<T>(work: readonly (readonly T[])[], send: (batch: T[]) => Promise<unknown>): Promise<number> {
  const start = performance.now();
  for (const batch of work) await send([...batch]);
  return (batches * batchSize * 1000) / (performance.now() - start);
}

async function openAdapter(broker: string, compression: string): Promise<Outlet<Sendable["template"]>> {
  const outlet = await kafka.open(
    config.parse({ brokers: [broker], topic, compression }),
    fakeHost([], { now: Date.now }),
  );
  if ("record" in outlet) throw new Error("opened as an aggregator");
  return outlet;
}

async function openProducer(broker: string) {
  const client = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.ERROR });
  const createPartitioner = kafkajs.Partitioners.DefaultPartitioner;
  const producer = client.producer({ createPartitioner, idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  return producer;
}

async function makeTopic(broker: string): Promise<void> {
  const admin = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.ERROR }).admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 6 }] });
  await admin.disconnect();
}

function entries(first: number): Sendable[] {
  const time = { seconds: Math.floor(Date.now() / 1000), nanos: 123_000_000 };
  return Array.from({ length: batchSize }, (_, i) => {
    const key = `workload-${(first + i) % 50}`;
    return aLogEntry("accesslog", {
      time,
      computed: { key },
      traceId: "0af7651916cd43dd8448eb211c80319c",
      spanId: "b7ad6b7169203331",
      variables: {
        "http.request.method": "GET",
        "url.path": `/orders/${first + i}/items`,
        "http.response.status_code": 200,
        "source.workload.name": key,
        "destination.service.name": "orders.shop.svc.cluster.local",
        "user_agent.original": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
        "response.duration": "12.345ms",
        "request.id": `5f2c6e0a-0000-4000-8000-${String(first + i).padStart(12, "0")}`,
      },
    });
  });
}

function toMessage(instance: Sendable) {
  return {
    key: Buffer.from(String(instance.computed?.key)),
    value: Buffer.from(JSON.stringify(toJsonObject(instance))),
    headers: { "mixdown-id": "AbCdEfGhIjKl-12345" },
  };
}

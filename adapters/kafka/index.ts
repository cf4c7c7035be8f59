import type { ConnectionOptions } from "node:tls";
import { type Adapter, defineAdapter, type Host } from "../adapter.ts";
import { readTls } from "../shared/tls-settings.ts";
import { Cluster } from "./cluster.ts";
import { type Codec, loadCodec } from "./codecs.ts";
import { config, type KafkaConfig } from "./config.ts";
import type { ConnectOptions } from "./connect.ts";
import type { Sendable } from "./content.ts";
import { Producer } from "./producer.ts";
import { createQuietLog, type QuietLog } from "./quiet-log.ts";
import { createRecords } from "./records.ts";
import { Sender } from "./sender.ts";
import { validate } from "./validate.ts";
import type { Connect } from "./wire.ts";

/** Writes records to Kafka. kafkajs is loaded by the first handler that needs it. */
export const kafka = createKafka(async () => (await import("./connect.ts")).connectByKafkajs);

/** The adapter over any way to reach brokers. */
export function createKafka(
  load: () => Promise<(options: ConnectOptions) => Connect>,
): Adapter<Sendable["template"], typeof config> {
  return defineAdapter<Sendable["template"], typeof config>({
    type: "kafka",
    summary: "Writes records to Kafka topics as JSON, OTLP or CloudEvents.",
    accepts: ["logentry", "edge", "tracespan", "metric"],
    config,
    ordered: true,
    limits: ({ maxMessageBytes }) => ({ maxBytes: maxMessageBytes }),
    validate,
    async open(settings, host) {
      tlsOptions(settings.tls);
      if (settings.sasl?.mechanism === "plain" && settings.tls === false)
        host.log.warn({}, "the password goes over the network as it is; set tls, or a scram mechanism");
      const log = createQuietLog(host.log, host.now);
      const connectBy = await load();
      const connect = connectBy(connectOptions(settings, await loadCodec(settings.compression), log));
      const sender = new Sender({
        records: createRecords(settings, host),
        createProducer: () => createProducer(settings, connect, host),
        log,
        now: host.now,
      });
      return {
        deliver: (batch, signal) => sender.deliver(batch as readonly Sendable[], signal),
        close: async () => sender.close(),
      };
    },
  });
}

function createProducer(settings: KafkaConfig, connect: Connect, host: Host): Producer {
  const seeds = settings.brokers.map((text) => {
    const [name = "", port] = text.split(":");
    return { host: name, port: Number(port) };
  });
  return new Producer({
    cluster: new Cluster(seeds, connect, host.now),
    idempotent: settings.idempotent ?? settings.acks === "all",
    maxBytes: settings.maxMessageBytes,
  });
}

const acksNumbers = { all: -1, leader: 1, none: 0 } as const;

function connectOptions(settings: KafkaConfig, codec: Codec, log: QuietLog): ConnectOptions {
  const { clientId, sasl, acks, ackTimeout } = settings;
  return {
    clientId,
    tls: () => tlsOptions(settings.tls),
    sasl,
    acks: acksNumbers[acks],
    ackTimeoutMs: ackTimeout,
    codec,
    log: ({ label, log: { message, broker } }) =>
      log.write(label === "ERROR" ? "warn" : "info", broker === undefined ? {} : { broker }, message),
  };
}

/** Reads the files; throws naming the setting whose file cannot be read. */
function tlsOptions(tls: KafkaConfig["tls"]): ConnectionOptions | undefined {
  if (tls === false) return undefined;
  const { serverName, ...material } = readTls(tls === true ? {} : tls);
  return { ...material, ...(serverName === undefined ? {} : { servername: serverName }) };
}

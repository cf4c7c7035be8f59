import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import kafkajs, { type Admin } from "kafkajs";
import { createAuthority } from "../../support/certificates.ts";
import type { Child } from "./child.ts";
import { temporaryFolder } from "./folder.ts";
import { brokerAnswers, formatStorage, runKafka, startBroker } from "./kafka-node.ts";
import { kafkaProperties, kafkaUsers, type NodePorts } from "./kafka-properties.ts";
import { freePorts } from "./prometheus.ts";
import { waitUntil } from "./wait.ts";

/** The broker's listeners by what they want of clients. */
export type KafkaListener = "plain" | "sasl" | "tls" | "saslTls";

/** A Kafka of one node or more, of which the first is the controller, too. */
export interface Kafka {
  /** "host:port" of the first node's listeners. */
  readonly listeners: Readonly<Record<KafkaListener, string>>;
  /** Every node's plain listener. */
  readonly brokers: readonly string[];
  /** PEM file of the root that the TLS certificates chain to. */
  readonly ca: string;
  /** Stops a node, all by default; what it has stored stays. */
  halt(node?: number, signal?: NodeJS.Signals): Promise<void>;
  /** Starts what was stopped, and waits until it answers. */
  resume(): Promise<void>;
  topics(): Promise<string[]>;
  createTopic(topic: string, options?: TopicOptions): Promise<void>;
  /** Bounds what clients of a name may send, in bytes per second. */
  setQuota(clientId: string, bytesPerSecond: number): void;
  stop(): Promise<void>;
}

/** What a topic is to be; one partition and one replica by default. */
export interface TopicOptions {
  readonly partitions?: number;
  readonly replicas?: number;
  readonly settings?: Readonly<Record<string, string>>;
}

/** Starts a fresh Kafka on free ports of loopback and waits until it answers. Topics are not made by themselves. */
export async function startKafka(nodes = 1): Promise<Kafka> {
  const folder = temporaryFolder("kafka");
  const authority = createAuthority(join(folder.path, "tls"));
  const { cert, key } = authority.issue("localhost", ["DNS:localhost", "IP:127.0.0.1"]);
  const keystore = join(folder.path, "server.pem");
  writeFileSync(keystore, readFileSync(key, "utf8") + readFileSync(cert, "utf8"));
  const ports = await portsFor(nodes);
  const files = ports.map((own, i) => {
    const file = join(folder.path, `node-${i + 1}.properties`);
    writeFileSync(
      file,
      kafkaProperties({ id: i + 1, own, all: ports, folder: folder.path, keystore, ca: authority.ca }),
    );
    const scram = ["SCRAM-SHA-256", "SCRAM-SHA-512"].flatMap((name) => [
      "--add-scram",
      `${name}=[name=${kafkaUsers.scram.username},password=${kafkaUsers.scram.password}]`,
    ]);
    formatStorage(file, ...scram);
    return file;
  });
  const processes: (Child | undefined)[] = files.map(() => undefined);
  const listening = (own: NodePorts, name: KafkaListener) => `127.0.0.1:${own[name]}`;
  const brokers = ports.map((own) => listening(own, "plain"));
  const [first] = ports as [NodePorts];

  const kafka: Kafka = {
    listeners: {
      plain: listening(first, "plain"),
      sasl: listening(first, "sasl"),
      tls: listening(first, "tls"),
      saslTls: listening(first, "saslTls"),
    },
    brokers,
    ca: authority.ca,
    async halt(node, signal = "SIGTERM") {
      const which = node === undefined ? processes.keys() : [node].values();
      await Promise.all([...which].map((i) => processes[i]?.stop(signal, 30_000)));
      processes.forEach((process, i) => {
        if (process?.status() !== undefined) processes[i] = undefined;
      });
    },
    async resume() {
      files.forEach((file, i) => {
        processes[i] ??= startBroker(file);
      });
      for (const [i, broker] of brokers.entries())
        await waitUntil(`Kafka at ${broker}`, () => brokerAnswers(broker, processes[i]!), 90_000);
    },
    topics: () => withAdmin(brokers, (admin) => admin.listTopics()),
    async createTopic(topic, { partitions = 1, replicas = 1, settings = {} } = {}) {
      const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
      const wanted = { topic, numPartitions: partitions, replicationFactor: replicas, configEntries };
      await withAdmin(brokers, (admin) => admin.createTopics({ waitForLeaders: true, topics: [wanted] }));
    },
    setQuota(clientId, bytesPerSecond) {
      const client = ["--alter", "--entity-type", "clients", "--entity-name", clientId];
      runKafka(
        "kafka.admin.ConfigCommand",
        "--bootstrap-server",
        brokers[0]!,
        ...client,
        "--add-config",
        `producer_byte_rate=${bytesPerSecond}`,
      );
    },
    async stop() {
      await kafka.halt();
      folder.remove();
    },
  };
  try {
    await kafka.resume();
  } catch (error) {
    await kafka.stop();
    throw error;
  }
  return kafka;
}

async function withAdmin<R>(brokers: readonly string[], ask: (admin: Admin) => Promise<R>): Promise<R> {
  const admin = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await ask(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Held all at once, so that no two nodes get the same. */
async function portsFor(nodes: number): Promise<NodePorts[]> {
  const names = ["plain", "sasl", "tls", "saslTls", "controller"] as const;
  const free = await freePorts(nodes * names.length);
  return Array.from({ length: nodes }, () => Object.fromEntries(names.map((name) => [name, free.pop()!])) as NodePorts);
}

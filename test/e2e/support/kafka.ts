import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import kafkajs, { type Admin } from "kafkajs";
import { createAuthority } from "../../support/certificates.ts";
import { requirePeer } from "../../support/peers.ts";
import { type Child, startChild } from "./child.ts";
import { temporaryFolder } from "./folder.ts";
import { freePort } from "./prometheus.ts";
import { waitUntil } from "./wait.ts";

/** Who may log in at the broker's SASL listeners. */
export const kafkaUsers = {
  plain: { username: "mixdown", password: "mixdown-secret" },
  scram: { username: "scramuser", password: "scram-secret" },
} as const;

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

const clusterId = "jUOHZ1VLRqCLvbvH0UBbKQ";
const quickJava = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData"];

/** Starts a fresh Kafka on free ports of loopback and waits until it answers. Topics are not made by themselves. */
export async function startKafka(nodes = 1): Promise<Kafka> {
  const folder = temporaryFolder("kafka");
  const authority = createAuthority(join(folder.path, "tls"));
  const { cert, key } = authority.issue("localhost", ["DNS:localhost", "IP:127.0.0.1"]);
  const keystore = join(folder.path, "server.pem");
  writeFileSync(keystore, readFileSync(key, "utf8") + readFileSync(cert, "utf8"));
  writeFileSync(join(folder.path, "log4j2.yaml"), logging);
  const ports: NodePorts[] = [];
  for (let i = 0; i < nodes; i++) ports.push(await nodePorts());
  const files = ports.map((own, i) => {
    const file = join(folder.path, `node-${i + 1}.properties`);
    writeFileSync(file, properties({ id: i + 1, own, all: ports, folder: folder.path, keystore, ca: authority.ca }));
    const scram = ["SCRAM-SHA-256", "SCRAM-SHA-512"].flatMap((name) => [
      "--add-scram",
      `${name}=[name=${kafkaUsers.scram.username},password=${kafkaUsers.scram.password}]`,
    ]);
    java("kafka.tools.StorageTool", "format", "-t", clusterId, "-c", file, ...scram);
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
      const log = `-Dlog4j2.configurationFile=${join(folder.path, "log4j2.yaml")}`;
      files.forEach((file, i) => {
        processes[i] ??= startChild(requirePeer("kafka"), [
          ...quickJava,
          "-Xms128m",
          "-Xmx512m",
          log,
          "kafka.Kafka",
          file,
        ]);
      });
      for (const [i, broker] of brokers.entries())
        await waitUntil(`Kafka at ${broker}`, () => answers(broker, processes[i]!), 90_000);
    },
    topics: () => withAdmin(brokers, (admin) => admin.listTopics()),
    async createTopic(topic, { partitions = 1, replicas = 1, settings = {} } = {}) {
      const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
      const wanted = { topic, numPartitions: partitions, replicationFactor: replicas, configEntries };
      await withAdmin(brokers, (admin) => admin.createTopics({ waitForLeaders: true, topics: [wanted] }));
    },
    setQuota(clientId, bytesPerSecond) {
      const client = ["--alter", "--entity-type", "clients", "--entity-name", clientId];
      java(
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

type NodePorts = Readonly<Record<KafkaListener | "controller", number>>;

async function nodePorts(): Promise<NodePorts> {
  const [plain, sasl, tls, saslTls, controller] = await Promise.all(Array.from({ length: 5 }, freePort));
  return { plain: plain!, sasl: sasl!, tls: tls!, saslTls: saslTls!, controller: controller! };
}

function java(main: string, ...args: string[]): string {
  return execFileSync(requirePeer("kafka"), [...quickJava, main, ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** kcat's listing of a broker; a broker that ended throws with what it said. */
function answers(broker: string, process: Child): boolean {
  if (process.status() !== undefined)
    throw new Error(`Kafka ended (${process.status()}):\n${process.stdout()}${process.stderr()}`);
  try {
    execFileSync(requirePeer("kcat"), ["-b", broker, "-L", "-m", "1"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const logging = `Configuration:
  status: warn
  Appenders:
    Console: {name: C, target: SYSTEM_OUT, PatternLayout: {pattern: "%d{HH:mm:ss.SSS} %p %c{1} %m%n"}}
  Loggers:
    Root: {level: warn, AppenderRef: {ref: C}}
`;

interface NodeSettings {
  readonly id: number;
  readonly own: NodePorts;
  readonly all: readonly NodePorts[];
  readonly folder: string;
  readonly keystore: string;
  readonly ca: string;
}

function properties({ id, own, all, folder, keystore, ca }: NodeSettings): string {
  const at = (port: number) => `//127.0.0.1:${port}`;
  const open = `PLAINTEXT:${at(own.plain)},SASL:${at(own.sasl)},TLS:${at(own.tls)},SASL_TLS:${at(own.saslTls)}`;
  const login = (listener: string) => {
    const { username, password } = kafkaUsers.plain;
    const module = "org.apache.kafka.common.security";
    return [
      `listener.name.${listener}.plain.sasl.jaas.config=${module}.plain.PlainLoginModule required user_${username}="${password}";`,
      ...["256", "512"].map(
        (size) =>
          `listener.name.${listener}.scram-sha-${size}.sasl.jaas.config=${module}.scram.ScramLoginModule required;`,
      ),
    ];
  };
  const replicas = all.length;
  return [
    `process.roles=${id === 1 ? "broker,controller" : "broker"}`,
    `node.id=${id}`,
    `controller.quorum.voters=1@127.0.0.1:${all[0]!.controller}`,
    `listeners=${open}${id === 1 ? `,CONTROLLER:${at(own.controller)}` : ""}`,
    `advertised.listeners=${open}`,
    "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SSL,SASL_TLS:SASL_SSL",
    "inter.broker.listener.name=PLAINTEXT",
    "controller.listener.names=CONTROLLER",
    `log.dirs=${join(folder, `data-${id}`)}`,
    "auto.create.topics.enable=true",
    `offsets.topic.replication.factor=${replicas}`,
    "offsets.topic.num.partitions=1",
    `transaction.state.log.replication.factor=${replicas}`,
    "transaction.state.log.min.isr=1",
    "group.initial.rebalance.delay.ms=0",
    // A single node must answer soon after it comes back.
    "controller.quorum.election.timeout.ms=500",
    "controller.quorum.election.backoff.max.ms=500",
    "broker.session.timeout.ms=4000",
    "broker.heartbeat.interval.ms=500",
    // Quotas are felt within a second instead of eleven.
    "quota.window.num=2",
    "quota.window.size.seconds=1",
    "sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
    ...login("sasl"),
    ...login("sasl_tls"),
    "ssl.keystore.type=PEM",
    `ssl.keystore.location=${keystore}`,
    "ssl.truststore.type=PEM",
    `ssl.truststore.location=${ca}`,
    "ssl.client.auth=requested",
    "",
  ].join("\n");
}

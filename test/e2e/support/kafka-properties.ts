import { join } from "node:path";
import type { KafkaListener } from "./kafka.ts";

/** Who may log in at the broker's SASL listeners. */
export const kafkaUsers = {
  plain: { username: "mixdown", password: "mixdown-secret" },
  scram: { username: "scramuser", password: "scram-secret" },
} as const;

/** The ports of a node. */
export type NodePorts = Readonly<Record<KafkaListener | "controller", number>>;

/** One node of a cluster. */
export interface NodeSettings {
  readonly id: number;
  readonly own: NodePorts;
  readonly all: readonly NodePorts[];
  readonly folder: string;
  readonly keystore: string;
  readonly ca: string;
}

/** The settings of a node: listeners of all kinds on loopback, the first node is the controller. */
export function kafkaProperties({ id, own, all, folder, keystore, ca }: NodeSettings): string {
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
    // What takes ten minutes or hours elsewhere: idle connections are ended, users log in anew (kafkajs does so 10 s before the end).
    "connections.max.idle.ms=3000",
    "connections.max.reauth.ms=13000",
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

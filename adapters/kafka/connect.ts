import { connect as connectTcp, isIP, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import Broker from "kafkajs/src/broker/index.js";
import loggers, { type KafkaLogLine } from "kafkajs/src/loggers/index.js";
import ConnectionPool, { type Exchange } from "kafkajs/src/network/connectionPool.js";
import Encoder from "kafkajs/src/protocol/encoder.js";
import apiKeys from "kafkajs/src/protocol/requests/apiKeys.js";
import protocol from "kafkajs/src/protocol/requests/index.js";
import type { Codec } from "./codecs.ts";
import { encodeProduceRequest } from "./produce-request.ts";
import { encodeRecordBatch } from "./record-batch.ts";
import type { BrokerAddress, BrokerConnection, ClusterMetadata, Connect, ProducerIdentity, WireBatch } from "./wire.ts";

/** How connections to brokers are made. */
export interface ConnectOptions {
  readonly clientId: string;
  /** Undefined without TLS; read for each connection, so that renewed certificates are used. */
  tls(): ConnectionOptions | undefined;
  readonly sasl: { readonly mechanism: string; readonly username: string; readonly password: string } | undefined;
  /** -1: all in-sync replicas, 1: the leader, 0: nobody answers. */
  readonly acks: -1 | 0 | 1;
  /** How long the leader may wait for the replicas. */
  readonly ackTimeoutMs: number;
  readonly codec: Codec;
  log(line: KafkaLogLine): void;
}

const connectTimeoutMs = 3000;
const authenticationTimeoutMs = 5000;
/** Beyond what the leader may wait for replicas. */
const answerTimeoutMs = 5000;

const givenUp = "the connection was given up";

/** Makes connections by kafkajs: its sockets, authentication and encoding, without its producer. */
export function connectByKafkajs(options: ConnectOptions): Connect {
  return (address) => new KafkajsConnection(address, options);
}

class KafkajsConnection implements BrokerConnection {
  readonly #options: ConnectOptions;
  readonly #pool: ConnectionPool;
  readonly #broker: Broker;
  readonly #sockets = new Set<Socket>();
  #destroyed = false;

  constructor({ host, port }: BrokerAddress, options: ConnectOptions) {
    this.#options = options;
    const log = (line: KafkaLogLine) => {
      if (!this.#destroyed) options.log(line);
    };
    const logger = loggers.createLogger({ level: loggers.LEVELS.WARN, logCreator: () => log });
    const tls = options.tls();
    this.#pool = new ConnectionPool({
      host,
      port,
      rack: null,
      clientId: options.clientId,
      ssl: tls ?? null,
      sasl: options.sasl === undefined ? null : { ...options.sasl },
      socketFactory: ({ onConnect }) => this.#connect({ host, port }, tls, onConnect),
      connectionTimeout: connectTimeoutMs,
      requestTimeout: options.ackTimeoutMs + answerTimeoutMs,
      enforceRequestTimeout: true,
      logger,
    });
    // kafkajs' queue is for those who send before they may. It would hold requests back unseen, and its timer makes Node 24 warn.
    for (const { requestQueue } of this.#pool.pool) {
      requestQueue.maybeThrottle = () => {};
      requestQueue.scheduleCheckPendingRequests = () => {};
    }
    this.#broker = new Broker({
      connectionPool: this.#pool,
      logger,
      authenticationTimeout: authenticationTimeoutMs,
    });
  }

  open(): Promise<void> {
    return this.#broker.connect();
  }

  async metadata(topics: readonly string[]): Promise<ClusterMetadata> {
    const answer = (await this.#ask("Metadata", { topics, allowAutoTopicCreation: false })) as MetadataAnswer;
    return {
      nodes: new Map(answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }])),
      topics: answer.topicMetadata.map(({ topic, topicErrorCode, partitionMetadata }) => ({
        topic,
        code: topicErrorCode,
        partitions: partitionMetadata.map(({ partitionId, leader }) => ({ partition: partitionId, leader })),
      })),
    };
  }

  async initProducer() {
    const parameters = { transactionalId: null, transactionTimeout: 60_000 };
    const { errorCode, producerId, producerEpoch } = (await this.#ask("InitProducerId", parameters)) as InitAnswer;
    return errorCode === 0 ? { id: producerId, epoch: producerEpoch } : { code: errorCode };
  }

  async produce(batches: readonly WireBatch[], producer: ProducerIdentity | undefined) {
    const { acks, ackTimeoutMs, codec } = this.#options;
    const encoded = await Promise.all(
      batches.map(async (batch) => ({ ...batch, bytes: await encodeRecordBatch(batch, producer, codec) })),
    );
    const body = encodeProduceRequest(acks, ackTimeoutMs, encoded);
    const answer = (await this.#ask("Produce", { acks, topicData: [] }, body)) as ProducedAnswer | undefined;
    if (answer === undefined) return undefined;
    const results = answer.topics.flatMap(({ topicName, partitions }) =>
      partitions.map(({ partition, errorCode }) => ({ topic: topicName, partition, code: errorCode })),
    );
    return { results, throttleMs: answer.clientSideThrottleTime ?? answer.throttleTime ?? 0 };
  }

  destroy(): void {
    this.#destroyed = true;
    for (const socket of this.#sockets) socket.destroy(new Error(givenUp));
  }

  /**
   * Sends a request in the highest version that both sides know. kafkajs' own parsing throws the first error code of an answer, and
   * with it what became of the rest; its encoding of records takes several times as long as ours, so those come as a body.
   */
  async #ask(name: "Metadata" | "Produce" | "InitProducerId", parameters: object, body?: Buffer): Promise<unknown> {
    const { request, response }: Exchange = this.#broker.lookupRequest(
      apiKeys[name],
      protocol.requests[name]!,
    )(parameters);
    const encode = body === undefined ? {} : { encode: async () => new Encoder(body.length).writeBuffer(body) };
    return this.#pool.send({
      request: { ...request, ...encode },
      response: { decode: response.decode, parse: async (decoded) => decoded },
    });
  }

  /** Called again by kafkajs after a broker has ended a connection that was idle. */
  #connect({ host, port }: BrokerAddress, tls: ConnectionOptions | undefined, onConnect: () => void): Socket {
    if (this.#destroyed) throw new Error(givenUp);
    const named = isIP(host) === 0 ? { servername: host } : {};
    const socket =
      tls === undefined
        ? connectTcp({ host, port, noDelay: true }, onConnect)
        : connectTls({ host, port, ...named, ...tls }, onConnect);
    socket.setKeepAlive(true, 60_000);
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    return socket;
  }
}

interface MetadataAnswer {
  readonly brokers: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[];
  readonly topicMetadata: readonly {
    readonly topicErrorCode: number;
    readonly topic: string;
    readonly partitionMetadata: readonly { readonly partitionId: number; readonly leader: number }[];
  }[];
}

interface InitAnswer {
  readonly errorCode: number;
  readonly producerId: string;
  readonly producerEpoch: number;
}

interface ProducedAnswer {
  readonly topics: readonly {
    readonly topicName: string;
    readonly partitions: readonly { readonly partition: number; readonly errorCode: number }[];
  }[];
  readonly throttleTime?: number;
  readonly clientSideThrottleTime?: number;
}

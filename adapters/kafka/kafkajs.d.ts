/** What the adapter uses of kafkajs below its producer; see docs/decisions/kafka-producer.md. */

declare module "kafkajs/src/loggers/index.js" {
  /** One line of kafkajs' log. */
  export interface KafkaLogLine {
    readonly label: string;
    readonly namespace: string;
    readonly log: { readonly message: string; readonly [field: string]: unknown };
  }
  export interface KafkaLogger {
    namespace(name: string): KafkaLogger;
  }
  interface Loggers {
    readonly LEVELS: { readonly NOTHING: number; readonly WARN: number };
    createLogger(options: { level: number; logCreator: () => (line: KafkaLogLine) => void }): KafkaLogger;
  }
  const loggers: Loggers;
  export default loggers;
}

declare module "kafkajs/src/network/connectionPool.js" {
  import type { ConnectionOptions } from "node:tls";
  import type { ISocketFactory } from "kafkajs";
  import type { KafkaLogger } from "kafkajs/src/loggers/index.js";
  export interface ConnectionPoolOptions {
    readonly host: string;
    readonly port: number;
    readonly rack: null;
    readonly clientId: string;
    readonly ssl: ConnectionOptions | null;
    readonly sasl: object | null;
    readonly socketFactory: ISocketFactory;
    readonly connectionTimeout: number;
    readonly requestTimeout: number;
    readonly enforceRequestTimeout: boolean;
    readonly logger: KafkaLogger;
  }
  export interface Exchange {
    readonly request: object;
    readonly response: { decode(raw: Buffer): Promise<unknown>; parse(decoded: unknown): Promise<unknown> };
    readonly logResponseError?: boolean;
  }
  export default class ConnectionPool {
    constructor(options: ConnectionPoolOptions);
    readonly pool: readonly {
      readonly requestQueue: { maybeThrottle(ms: number): void; scheduleCheckPendingRequests(): void };
    }[];
    send(exchange: Exchange): Promise<unknown>;
  }
}

declare module "kafkajs/src/broker/index.js" {
  import type { KafkaLogger } from "kafkajs/src/loggers/index.js";
  import type { default as ConnectionPool, Exchange } from "kafkajs/src/network/connectionPool.js";
  export default class Broker {
    constructor(options: {
      readonly connectionPool: ConnectionPool;
      readonly logger: KafkaLogger;
      readonly authenticationTimeout: number;
    });
    connect(): Promise<void>;
    lookupRequest(key: number, definition: object): (parameters: object) => Exchange;
  }
}

declare module "kafkajs/src/protocol/requests/index.js" {
  const protocol: { readonly requests: Readonly<Record<"Metadata" | "Produce" | "InitProducerId", object>> };
  export default protocol;
}

declare module "kafkajs/src/protocol/requests/apiKeys.js" {
  const apiKeys: Readonly<Record<"Metadata" | "Produce" | "InitProducerId", number>>;
  export default apiKeys;
}

declare module "kafkajs/src/protocol/encoder.js" {
  export default class Encoder {
    constructor(size: number);
    writeBuffer(bytes: Buffer): Encoder;
  }
}

declare module "kafkajs/src/protocol/decoder.js" {
  export default class Decoder {
    constructor(bytes: Buffer);
  }
}

declare module "kafkajs/src/protocol/recordBatch/v0/decoder.js" {
  import type Decoder from "kafkajs/src/protocol/decoder.js";

  interface DecodedRecord {
    readonly key: Buffer | null;
    readonly value: Buffer;
    readonly headers: Readonly<Record<string, Buffer>>;
    readonly timestamp: string;
  }
  export default function decode(decoder: Decoder): Promise<{ readonly records: readonly DecodedRecord[] }>;
}

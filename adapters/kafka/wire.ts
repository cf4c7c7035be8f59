/** A place where a broker listens. */
export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

/** What a broker says of a topic. `code` is a Kafka error code, 0 if there is none. */
export interface TopicMetadata {
  readonly topic: string;
  readonly code: number;
  readonly partitions: readonly PartitionMetadata[];
}

/** One partition: the node that leads it, -1 while there is none. */
export interface PartitionMetadata {
  readonly partition: number;
  readonly leader: number;
}

/** What a broker knows of its cluster. */
export interface ClusterMetadata {
  readonly nodes: ReadonlyMap<number, BrokerAddress>;
  readonly topics: readonly TopicMetadata[];
}

/** One record as it is sent. */
export interface WireRecord {
  readonly key: Buffer | null;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** Whole milliseconds since the epoch, from 0 on. */
  readonly timestampMs: number;
  /** Bytes that it adds to a request before compression, at the most. */
  readonly bytes: number;
}

/** The records of one partition in a request; they are stored all or not at all. */
export interface WireBatch {
  readonly topic: string;
  readonly partition: number;
  readonly firstSequence: number;
  readonly records: readonly WireRecord[];
}

/** The identity of an idempotent producer. */
export interface ProducerIdentity {
  readonly id: string;
  readonly epoch: number;
}

/** What became of the records of one partition. `code` is a Kafka error code, 0 if they are stored. */
export interface ProduceResult {
  readonly topic: string;
  readonly partition: number;
  readonly code: number;
}

/** The answer to a produce request. */
export interface ProduceAnswer {
  readonly results: readonly ProduceResult[];
  /** How long the broker wants to be left alone. */
  readonly throttleMs: number;
}

/** A connection to a broker. Everything rejects with the client's error if the connection fails. */
export interface BrokerConnection {
  /** Connects and authenticates; the rest is for after that. */
  open(): Promise<void>;
  metadata(topics: readonly string[]): Promise<ClusterMetadata>;
  initProducer(): Promise<ProducerIdentity | { readonly code: number }>;
  /** Resolves to undefined where no answer is wanted. */
  produce(batches: readonly WireBatch[], producer: ProducerIdentity | undefined): Promise<ProduceAnswer | undefined>;
  /** Ends the connection at once; what is under way rejects. */
  destroy(): void;
}

/** Makes a connection that is to be opened. */
export type Connect = (address: BrokerAddress) => BrokerConnection;

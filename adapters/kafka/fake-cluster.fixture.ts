import type { BrokerConnection, Connect, WireBatch, WireRecord } from "./wire.ts";

/** What a partition does to the next batches that it is sent: a Kafka error code, or what happens to the connection. */
export type Fault =
  | number
  /** The records are stored, and the connection breaks before the answer. */
  | "stored and lost"
  /** The connection breaks before the records are stored. */
  | "lost"
  /** The records are stored, and the answer says something else. */
  | { readonly storedBut: number };

/** One partition as its leader sees it. */
interface Partition {
  leader: number;
  readonly log: WireRecord[];
  /** The last batches of each producer, as brokers remember them. */
  readonly producers: Map<string, { first: number; last: number }[]>;
}

/** A cluster in memory with the rules of brokers for idempotent producers. */
export interface FakeCluster {
  readonly connect: Connect;
  /** Topics by name. */
  readonly topics: Map<string, Partition[]>;
  addTopic(name: string, partitions: number): void;
  /** Consulted for each batch that comes in; undefined stores it. */
  faultFor: (batch: WireBatch) => Fault | undefined;
  /** Why nobody can connect, if so. */
  down: Error | undefined;
  /** No request is answered. */
  silent: boolean;
  /** Code for who asks for a producer's identity; 0 gives one. */
  initCode: number;
  throttleMs: number;
  /** Requests so far. */
  readonly produced: WireBatch[][];
  readonly asked: (readonly string[])[];
  open: number;
  identities: number;
  stored(topic: string): WireRecord[];
}

/** Makes a cluster of `nodes` brokers that listen at broker-1:9092, broker-2:9092, ... */
export function fakeCluster(nodes = 1): FakeCluster {
  const addresses = new Map(
    Array.from({ length: nodes }, (_, i) => [i + 1, { host: `broker-${i + 1}`, port: 9092 }] as const),
  );
  const cluster: FakeCluster = {
    topics: new Map(),
    faultFor: () => undefined,
    down: undefined,
    silent: false,
    initCode: 0,
    throttleMs: 0,
    produced: [],
    asked: [],
    open: 0,
    identities: 0,
    addTopic(name, partitions) {
      const of = Array.from({ length: partitions }, (_, i) => ({
        leader: (i % nodes) + 1,
        log: [],
        producers: new Map(),
      }));
      cluster.topics.set(name, of);
    },
    stored: (topic) => cluster.topics.get(topic)?.flatMap(({ log }) => log) ?? [],
    connect: ({ host }) => connectionTo(Number(host.split("-")[1])),
  };

  function connectionTo(node: number): BrokerConnection {
    const gone = Promise.withResolvers<never>();
    gone.promise.catch(() => {});
    let isOpen = false;
    let isDestroyed = false;
    const answer = async <T>(make: () => T): Promise<T> => {
      if (cluster.down !== undefined) throw cluster.down;
      return cluster.silent || isDestroyed ? gone.promise : make();
    };
    const destroy = () => {
      if (isOpen) cluster.open--;
      isOpen = false;
      isDestroyed = true;
      gone.reject(new Error(`broker-${node}: the connection was given up`));
    };
    return {
      open: () =>
        answer(() => {
          cluster.open++;
          isOpen = true;
        }),
      metadata: (topics) =>
        answer(() => {
          cluster.asked.push(topics);
          return { nodes: addresses, topics: topics.map(describeTopic) };
        }),
      initProducer: () =>
        answer(() =>
          cluster.initCode === 0 ? { id: `${++cluster.identities}`, epoch: 0 } : { code: cluster.initCode },
        ),
      produce: (batches, producer) =>
        answer(() => {
          cluster.produced.push([...batches]);
          const results = batches.map((batch) => ({
            topic: batch.topic,
            partition: batch.partition,
            code: take(node, batch, producer?.id),
          }));
          return { results, throttleMs: cluster.throttleMs };
        }),
      destroy,
    };
  }

  function describeTopic(topic: string) {
    const partitions = cluster.topics.get(topic);
    if (partitions === undefined) return { topic, code: 3, partitions: [] };
    return { topic, code: 0, partitions: partitions.map(({ leader }, partition) => ({ partition, leader })) };
  }

  function take(node: number, batch: WireBatch, producer: string | undefined): number {
    const fault = cluster.faultFor(batch);
    if (typeof fault === "number") return fault;
    if (fault === "lost") throw new Error(`broker-${node}: read ECONNRESET`);
    const code = store(node, batch, producer);
    if (fault === "stored and lost") throw new Error(`broker-${node}: read ECONNRESET`);
    return fault === undefined ? code : fault.storedBut;
  }

  function store(node: number, { topic, partition, firstSequence, records }: WireBatch, producer?: string): number {
    const own = cluster.topics.get(topic)?.[partition];
    if (own === undefined) return 3;
    if (own.leader !== node) return 6;
    if (producer !== undefined) {
      const known = own.producers.get(producer) ?? [];
      const last = firstSequence + records.length - 1;
      if (known.some((batch) => batch.first === firstSequence && batch.last === last)) return 0;
      if (firstSequence !== (known.at(-1)?.last ?? -1) + 1) return 45;
      own.producers.set(producer, [...known, { first: firstSequence, last }].slice(-5));
    }
    own.log.push(...records);
    return 0;
  }

  return cluster;
}

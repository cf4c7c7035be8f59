import { describeFailure } from "./failure.ts";
import type { BrokerAddress, BrokerConnection, ClusterMetadata, Connect, TopicMetadata } from "./wire.ts";

/** How long what brokers said of topics is believed; new partitions are used after that at the latest. */
const metadataMaxAgeMs = 300_000;

/** A topic, and when a broker told of it. */
interface Known {
  readonly metadata: TopicMetadata;
  readonly atMs: number;
}

/** The brokers of a cluster as far as they are needed: one connection to each, and what they say of topics. */
export class Cluster {
  readonly #seeds: readonly BrokerAddress[];
  readonly #connect: Connect;
  readonly #now: () => number;
  readonly #nodes = new Map<number, BrokerAddress>();
  /** By "host:port". */
  readonly #connections = new Map<string, BrokerConnection>();
  readonly #topics = new Map<string, Known>();
  #turn = 0;
  #isDestroyed = false;

  constructor(seeds: readonly BrokerAddress[], connect: Connect, now: () => number) {
    this.#seeds = seeds;
    this.#connect = connect;
    this.#now = now;
  }

  /** What brokers say of these topics; asks about those that are not known, or not any more. Rejects if no broker answers. */
  async topics(names: ReadonlySet<string>): Promise<ReadonlyMap<string, TopicMetadata>> {
    const asked = [...names].filter((name) => !this.#isKnown(name));
    const fresh = asked.length === 0 ? [] : (await this.#ask(asked)).topics;
    const atMs = this.#now();
    for (const metadata of fresh) if (isComplete(metadata)) this.#topics.set(metadata.topic, { metadata, atMs });
    const all = new Map(fresh.map((metadata) => [metadata.topic, metadata]));
    for (const name of names) {
      const known = this.#topics.get(name);
      if (known !== undefined && !all.has(name)) all.set(name, known.metadata);
    }
    return all;
  }

  /** Asks about a topic again before it is used the next time. */
  forget(topic: string): void {
    this.#topics.delete(topic);
  }

  /** A connection to a node of the metadata; rejects if there is none to be had. */
  async node(id: number): Promise<BrokerConnection> {
    const address = this.#nodes.get(id);
    if (address === undefined) throw new Error(`no broker knows the address of node ${id}`);
    return this.#to(address);
  }

  /** A connection to any broker, another one each time: one may be behind the others. */
  async any(): Promise<BrokerConnection> {
    const reasons: unknown[] = [];
    for (const address of this.#candidates()) {
      try {
        return await this.#to(address);
      } catch (error) {
        reasons.push(error);
      }
    }
    throw reasons.length === 1 ? reasons[0] : new AggregateError(reasons, reasons.map(describeFailure).join("; "));
  }

  /** Gives up a connection that failed. */
  drop(connection: BrokerConnection): void {
    for (const [key, open] of this.#connections) if (open === connection) this.#connections.delete(key);
    connection.destroy();
  }

  /** Ends all connections at once, and those that are still being made. */
  destroy(): void {
    this.#isDestroyed = true;
    for (const connection of this.#connections.values()) connection.destroy();
    this.#connections.clear();
  }

  #isKnown(topic: string): boolean {
    const known = this.#topics.get(topic);
    return known !== undefined && this.#now() - known.atMs < metadataMaxAgeMs;
  }

  async #ask(topics: readonly string[]): Promise<ClusterMetadata> {
    const connection = await this.any();
    try {
      const metadata = await connection.metadata(topics);
      this.#nodes.clear();
      for (const [id, address] of metadata.nodes) this.#nodes.set(id, address);
      return metadata;
    } catch (error) {
      this.drop(connection);
      throw error;
    }
  }

  /** All brokers that are known, in turn; seeds may be gone for good. */
  #candidates(): BrokerAddress[] {
    const all = [...this.#nodes.values(), ...this.#seeds];
    const each = [...new Map(all.map((address) => [keyOf(address), address])).values()];
    const first = this.#turn++ % each.length;
    return [...each.slice(first), ...each.slice(0, first)];
  }

  async #to(address: BrokerAddress): Promise<BrokerConnection> {
    const key = keyOf(address);
    const open = this.#connections.get(key);
    if (open !== undefined) return open;
    if (this.#isDestroyed) throw new Error("the connections to the brokers were given up");
    const connection = this.#connect(address);
    this.#connections.set(key, connection);
    try {
      await connection.open();
      return connection;
    } catch (error) {
      this.drop(connection);
      throw error;
    }
  }
}

/** Whether records for any partition of the topic can be sent. */
function isComplete({ code, partitions }: TopicMetadata): boolean {
  return code === 0 && partitions.length > 0 && partitions.every(({ leader }) => leader >= 0);
}

function keyOf({ host, port }: BrokerAddress): string {
  return `${host}:${port}`;
}

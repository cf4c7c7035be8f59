import type { Cluster } from "./cluster.ts";
import { classOf, describeCode, isTooLarge, mayBeStored, remedyFor } from "./error-codes.ts";
import { toFailure } from "./failure.ts";
import type { OutgoingRecord, PartitionQueue } from "./partition-queue.ts";
import { place } from "./placement.ts";
import { Sequences } from "./sequences.ts";
import type { BrokerConnection, ProduceAnswer } from "./wire.ts";

/** Why records were not stored. */
export interface Setback {
  readonly records: readonly OutgoingRecord[];
  /** The Kafka error code, where a broker gave one. */
  readonly code?: number;
  readonly reason: string;
  /** Never to be stored as they are; else they may be sent again. */
  readonly final: boolean;
  /** A person must mend something. */
  readonly mend: boolean;
}

/** What became of records: stored, but for the setbacks. */
export interface Sent {
  readonly setbacks: readonly Setback[];
  /** How long the brokers want to be left alone. */
  readonly throttleMs: number;
}

/** How records are sent. */
export interface ProducerOptions {
  readonly cluster: Cluster;
  readonly idempotent: boolean;
  /** Most bytes of a record batch, before compression. */
  readonly maxBytes: number;
}

/** Sends batches to the leaders of their partitions, one request to each at a time, and says what became of each record. */
export class Producer {
  readonly #cluster: Cluster;
  readonly #idempotent: boolean;
  readonly #maxBytes: number;
  readonly #sequences = new Sequences();

  constructor({ cluster, idempotent, maxBytes }: ProducerOptions) {
    this.#cluster = cluster;
    this.#idempotent = idempotent;
    this.#maxBytes = maxBytes;
  }

  async send(records: readonly OutgoingRecord[]): Promise<Sent> {
    const run = new Run();
    const topics = await this.#topicsOf(records, run);
    if (topics === undefined) return run.sent();
    const { queues, unplaced } = place(records, topics, this.#maxBytes);
    for (const { records, topic, code } of unplaced) run.fail(records, topic, code);
    await this.#sendAll(queues, run);
    return run.sent();
  }

  /** Ends all connections at once. */
  destroy(): void {
    this.#cluster.destroy();
  }

  async #topicsOf(records: readonly OutgoingRecord[], run: Run) {
    try {
      return await this.#cluster.topics(new Set(records.map(({ topic }) => topic)));
    } catch (error) {
      run.disconnected(records, error);
    }
  }

  async #sendAll(queues: readonly PartitionQueue[], run: Run): Promise<void> {
    for (let rest = queues; rest.length > 0; rest = rest.filter(({ head }) => head !== undefined)) {
      if (!(await this.#identify(rest, run))) return;
      const leaders = Map.groupBy(rest, ({ leader }) => leader);
      await Promise.all([...leaders].map(([leader, own]) => this.#request(leader, own, run)));
    }
  }

  /** Has an identity under which the heads of these queues may be sent; else fails what they hold. */
  async #identify(queues: readonly PartitionQueue[], run: Run): Promise<boolean> {
    const allowed = ({ key, head }: PartitionQueue) => this.#sequences.allows(key, idsOf(head));
    if (!this.#idempotent || queues.every(allowed)) return true;
    let connection: BrokerConnection | undefined;
    try {
      connection = await this.#cluster.any();
      const identity = await connection.initProducer();
      if ("id" in identity) {
        this.#sequences.begin(identity);
        return true;
      }
      run.fail(drainAll(queues), "the producer's identity", identity.code);
    } catch (error) {
      if (connection !== undefined) this.#cluster.drop(connection);
      run.disconnected(drainAll(queues), error);
    }
    return false;
  }

  /** One request: the first piece of each of a leader's partitions. */
  async #request(leader: number, queues: readonly PartitionQueue[], run: Run): Promise<void> {
    let connection: BrokerConnection | undefined;
    try {
      connection = await this.#cluster.node(leader);
      const answer = await connection.produce(queues.map(this.#toBatch), this.#sequences.identity);
      for (const queue of queues) this.#settle(queue, codeOf(answer, queue), run);
      run.throttle(answer?.throttleMs ?? 0);
    } catch (error) {
      if (connection !== undefined) {
        this.#cluster.drop(connection);
        for (const { key, head } of queues) this.#sequences.perhapsStored(key, idsOf(head));
      }
      for (const { topic } of queues) this.#cluster.forget(topic);
      run.disconnected(drainAll(queues), error);
    }
  }

  readonly #toBatch = ({ topic, partition, key, head = [] }: PartitionQueue) => ({
    topic,
    partition,
    firstSequence: this.#sequences.next(key),
    records: head,
  });

  #settle(queue: PartitionQueue, code: number, run: Run): void {
    const { topic, key, head = [] } = queue;
    const kind = code === 0 ? "stored" : classOf(code);
    if (mayBeStored(code)) this.#sequences.perhapsStored(key, idsOf(head));
    switch (kind) {
      case "stored":
        this.#sequences.stored(key, head.length);
        queue.shift();
        break;
      case "split":
      case "refused":
        if (kind === "split" && head.length > 1) {
          queue.halve();
          break;
        }
        run.fail(head, topic, code);
        queue.shift();
        break;
      case "producer":
        this.#sequences.forget();
        run.fail(queue.drain(), topic, code);
        break;
      case "retry":
      case "mend":
        this.#cluster.forget(topic);
        run.fail(queue.drain(), topic, code);
    }
  }
}

/** What one call of `send` gathers. */
class Run {
  readonly #setbacks: Setback[] = [];
  #throttleMs = 0;

  fail(records: readonly OutgoingRecord[], topic: string, code: number): void {
    const kind = classOf(code);
    const remedy = remedyFor(code);
    const reason = `${topic}: ${describeCode(code)}${remedy === undefined ? "" : `; ${remedy}`}`;
    this.#setbacks.push({
      records,
      code,
      reason,
      final: kind === "split" || kind === "refused",
      mend: kind === "mend",
    });
  }

  disconnected(records: readonly OutgoingRecord[], error: unknown): void {
    this.#setbacks.push({ records, ...toFailure(error), final: false });
  }

  throttle(ms: number): void {
    this.#throttleMs = Math.max(this.#throttleMs, ms);
  }

  sent(): Sent {
    return { setbacks: this.#setbacks, throttleMs: this.#throttleMs };
  }
}

/** Whether a record alone is too large for its topic. */
export function isTooLargeAlone({ code }: Setback): boolean {
  return code !== undefined && isTooLarge(code);
}

function idsOf(records: readonly OutgoingRecord[] = []): string[] {
  return records.map(({ id }) => id);
}

function drainAll(queues: readonly PartitionQueue[]): OutgoingRecord[] {
  return queues.flatMap((queue) => queue.drain());
}

/** An answer that leaves a partition out says nothing of it. Without an answer wanted, what is written counts as stored. */
function codeOf(answer: ProduceAnswer | undefined, { topic, partition }: PartitionQueue): number {
  if (answer === undefined) return 0;
  return answer.results.find((result) => result.topic === topic && result.partition === partition)?.code ?? -1;
}

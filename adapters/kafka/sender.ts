import type { Delivery, Host } from "../adapter.ts";
import type { Sendable } from "./content.ts";
import { type Refusal, toDelivery } from "./delivery.ts";
import { unknownTopic } from "./error-codes.ts";
import type { OutgoingRecord } from "./partition-queue.ts";
import type { Producer, Sent, Setback } from "./producer.ts";
import type { QuietLog } from "./quiet-log.ts";
import type { Records } from "./records.ts";

/** What a sender is made of. */
export interface SenderOptions {
  readonly records: Records;
  /** Makes a producer that has no connection yet. */
  createProducer(): Producer;
  readonly log: QuietLog;
  readonly now: Host["now"];
}

/** Delivers batches by one producer after the other: an attempt that is given up takes its producer with it. */
export class Sender {
  readonly #options: SenderOptions;
  #producer: Producer;
  #throttledUntilMs = 0;
  /** Records of the last attempt that may come again: they are to be the same then, their ids, too. */
  #unsent = new Map<Sendable, OutgoingRecord>();

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#producer = options.createProducer();
  }

  async deliver(batch: readonly Sendable[], signal: AbortSignal): Promise<Delivery> {
    const waitMs = this.#throttledUntilMs - this.#options.now();
    if (waitMs > 0)
      return {
        status: "retry",
        reason: `the brokers throttle this client for ${waitMs} ms more: a quota`,
        afterMs: waitMs,
      };
    const refusals: Refusal[] = [];
    const records = batch.flatMap((instance, index) => this.#toRecord(instance, index, refusals));
    const sent = await this.#sendUnless(signal, records, refusals);
    const again = sent === undefined ? records : sent.setbacks.flatMap(({ final, records }) => (final ? [] : records));
    this.#unsent = new Map(again.map((record) => [batch[record.index]!, record]));
    if (sent === undefined) return { status: "retry", reason: "the brokers did not answer in time" };
    this.#throttledUntilMs = this.#options.now() + sent.throttleMs;
    this.#report(sent);
    return toDelivery(batch.length, sent, refusals, sent.throttleMs);
  }

  close(): void {
    this.#producer.destroy();
  }

  #toRecord(instance: Sendable, index: number, refusals: Refusal[]): readonly OutgoingRecord[] {
    const unsent = this.#unsent.get(instance);
    if (unsent !== undefined) return [{ ...unsent, index }];
    const record = this.#options.records.toRecord(instance, index);
    if (!("refused" in record)) return [record];
    refusals.push({ index, reason: record.refused });
    return [];
  }

  /** Undefined if the attempt was given up. */
  async #sendUnless(
    signal: AbortSignal,
    records: readonly OutgoingRecord[],
    refusals: Refusal[],
  ): Promise<Sent | undefined> {
    const aborted = Promise.withResolvers<undefined>();
    const abort = () => aborted.resolve(undefined);
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
    try {
      const sent = await Promise.race([this.#send(records, refusals), aborted.promise]);
      if (sent === undefined) this.#giveUp();
      return sent;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** Sends, and a second time what goes elsewhere because its topic does not exist. */
  async #send(records: readonly OutgoingRecord[], refusals: Refusal[]): Promise<Sent> {
    const producer = this.#producer;
    const sent = await producer.send(records);
    const moved: OutgoingRecord[] = [];
    const setbacks = sent.setbacks.flatMap((setback) => this.#move(setback, moved, refusals));
    if (moved.length === 0) return { ...sent, setbacks };
    const again = await producer.send(moved.sort((a, b) => a.index - b.index));
    return {
      setbacks: [...setbacks, ...again.setbacks],
      throttleMs: Math.max(sent.throttleMs, again.throttleMs),
    };
  }

  /** What stays of a setback once those are out that go elsewhere, or nowhere. */
  #move(setback: Setback, moved: OutgoingRecord[], refusals: Refusal[]): readonly Setback[] {
    if (setback.code !== unknownTopic) return [setback];
    const waiting = setback.records.filter((record) => {
      const next = this.#options.records.elsewhere(record);
      if (next === undefined) return true;
      if ("refused" in next) refusals.push({ index: record.index, reason: next.refused });
      else moved.push(next);
      return false;
    });
    return waiting.length === 0 ? [] : [{ ...setback, records: waiting }];
  }

  #giveUp(): void {
    this.#producer.destroy();
    this.#producer = this.#options.createProducer();
  }

  /** A person must mend settings or rights: nothing else tells them. */
  #report({ setbacks }: Sent): void {
    const { log } = this.#options;
    if (setbacks.length === 0) log.reset();
    for (const { mend, reason } of setbacks)
      if (mend) log.write("error", { reason }, "Kafka refuses the handler; what it is sent waits until this is mended");
  }
}

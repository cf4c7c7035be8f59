import type { ProducerIdentity } from "./wire.ts";

/** Sequence numbers count up to this and begin again with 0. */
const sequenceLimit = 2 ** 31;

/**
 * What an idempotent producer keeps: its identity, and the next sequence number of each partition. A broker takes a batch whose first
 * and last number it has seen for a repetition, whatever is in it. So a batch that is perhaps stored must come again as it was, or
 * the identity must change; else other records would be taken for it and lost.
 */
export class Sequences {
  identity: ProducerIdentity | undefined;
  readonly #next = new Map<string, number>();
  /** The ids of batches that are perhaps stored, by partition. */
  readonly #unsure = new Map<string, readonly string[]>();

  /** Begins anew with another identity. */
  begin(identity: ProducerIdentity): void {
    this.forget();
    this.identity = identity;
  }

  /** Gives the identity up. */
  forget(): void {
    this.identity = undefined;
    this.#next.clear();
    this.#unsure.clear();
  }

  /** Whether records with these ids may be sent to a partition under the identity that there is. */
  allows(partition: string, ids: readonly string[]): boolean {
    if (this.identity === undefined) return false;
    const unsure = this.#unsure.get(partition);
    return unsure === undefined || (unsure.length === ids.length && unsure.every((id, i) => id === ids[i]));
  }

  /** The number of the next record of a partition. */
  next(partition: string): number {
    return this.#next.get(partition) ?? 0;
  }

  stored(partition: string, count: number): void {
    this.#next.set(partition, (this.next(partition) + count) % sequenceLimit);
    this.#unsure.delete(partition);
  }

  perhapsStored(partition: string, ids: readonly string[]): void {
    this.#unsure.set(partition, ids);
  }
}

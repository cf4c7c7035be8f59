import type { WireRecord } from "./wire.ts";

/** A record on its way: where it belongs, and what brokers and consumers know it by. */
export interface OutgoingRecord extends WireRecord {
  /** Its place in the batch that the hub handed over. */
  readonly index: number;
  /** The same each time that it is sent. */
  readonly id: string;
  readonly topic: string;
}

/** What waits for one partition, in order, cut into pieces that a broker takes as one record batch each. */
export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  readonly leader: number;
  readonly #pieces: (readonly OutgoingRecord[])[];

  constructor(
    place: { readonly topic: string; readonly partition: number; readonly leader: number },
    records: readonly OutgoingRecord[],
    maxBytes: number,
  ) {
    this.topic = place.topic;
    this.partition = place.partition;
    this.leader = place.leader;
    this.#pieces = cut(records, maxBytes);
  }

  get key(): string {
    return `${this.topic}/${this.partition}`;
  }

  /** The piece that is to be sent next; undefined at the end. */
  get head(): readonly OutgoingRecord[] | undefined {
    return this.#pieces[0];
  }

  /** The first piece has ended. */
  shift(): void {
    this.#pieces.shift();
  }

  /** Puts two halves in the place of the first piece, to find the record that is at fault. */
  halve(): void {
    const [piece = []] = this.#pieces;
    const middle = piece.length >> 1;
    this.#pieces.splice(0, 1, piece.slice(0, middle), piece.slice(middle));
  }

  /** Takes everything out that waits. */
  drain(): OutgoingRecord[] {
    return this.#pieces.splice(0).flat();
  }
}

function cut(records: readonly OutgoingRecord[], maxBytes: number): (readonly OutgoingRecord[])[] {
  const pieces: OutgoingRecord[][] = [];
  let room = 0;
  for (const record of records) {
    if (pieces.length === 0 || record.bytes > room) {
      pieces.push([]);
      room = maxBytes;
    }
    pieces.at(-1)!.push(record);
    room -= record.bytes;
  }
  return pieces;
}

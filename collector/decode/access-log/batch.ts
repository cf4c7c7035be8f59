import type { AccessLogBatch, AccessLogEntry, StreamOrigin } from "../../../schemas/model/access-log.ts";
import { ProtoReader } from "../reader.ts";
import type { LazyAccessLogEntry } from "./entry.ts";
import type { AccessLogDecodeEvents, EntryFault } from "./events.ts";

const kinds: readonly ("http" | "tcp" | undefined)[] = [undefined, undefined, "http", "tcp"];

/**
 * The entries of one message whose own framing was checked. A batch stops after `steps` entries, sound or not, and goes
 * on when resumed, so that a message of millions of tiny entries can be taken in turns.
 */
export class EntryBatch implements AccessLogBatch {
  readonly origin: StreamOrigin;
  malformed = 0;
  readonly #bytes: Buffer;
  readonly #entry: LazyAccessLogEntry;
  readonly #events: AccessLogDecodeEvents;
  readonly #steps: number;
  #left: number;
  /** Reads the message; confined to a list while within one. */
  readonly #reader: ProtoReader;
  /** Kind of the list; undefined between lists. */
  #kind: "http" | "tcp" | undefined = undefined;

  constructor(
    bytes: Buffer,
    origin: StreamOrigin,
    entry: LazyAccessLogEntry,
    events: AccessLogDecodeEvents,
    steps: number,
  ) {
    this.origin = origin;
    this.#bytes = bytes;
    this.#entry = entry;
    this.#events = events;
    this.#steps = steps;
    this.#left = steps;
    this.#reader = new ProtoReader().reset(bytes, 0, bytes.length);
  }

  next(): AccessLogEntry | undefined {
    while (this.#left > 0 && this.more) {
      if (this.#kind === undefined) this.#enterList();
      else if (!this.#reader.more) this.#leaveList();
      else if (this.#readEntry(this.#kind)) return this.#entry;
    }
    return undefined;
  }

  /** Whether bytes are left; `next` gives no entry before `resume` if so. */
  get more(): boolean {
    return this.#reader.more || (this.#kind !== undefined && this.#reader.end < this.#bytes.length);
  }

  /** Goes on; malformed entries are counted from 0 again. */
  resume(): void {
    this.#left = this.#steps;
    this.malformed = 0;
  }

  #enterList(): void {
    const tag = this.#reader.tag();
    this.#kind = kinds[tag >>> 3];
    if (this.#kind === undefined) this.#reader.skip(tag & 7);
    else this.#reader.enter();
  }

  #leaveList(): void {
    this.#reader.leave(this.#bytes.length);
    this.#kind = undefined;
  }

  /** HTTPAccessLogEntries and TCPAccessLogEntries: repeated log_entry = 1. Whether the entry is there and sound. */
  #readEntry(kind: "http" | "tcp"): boolean {
    this.#left--;
    const reader = this.#reader;
    const tag = reader.tag();
    if (tag !== 10) {
      reader.skip(tag & 7);
      return this.#checkFraming() && tag >>> 3 === 1 ? this.#refuse("wire_type") : false;
    }
    const length = reader.length();
    if (!this.#checkFraming()) return false;
    const start = reader.pos;
    reader.pos += length;
    const fault = this.#entry.read(kind, this.#bytes, start, reader.pos);
    return fault === undefined || this.#refuse(fault);
  }

  /** After a fault nothing tells where the next entry of this list begins; the lists behind it are sound. */
  #checkFraming(): boolean {
    if (this.#reader.fault === undefined) return true;
    this.#reader.fault = undefined;
    return this.#refuse("framing");
  }

  #refuse(fault: EntryFault): false {
    this.malformed++;
    this.#events.entry(fault);
    return false;
  }
}

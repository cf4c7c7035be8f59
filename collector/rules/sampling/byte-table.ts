import { createHash } from "node:crypto";

/** About what an entry takes beside its content: objects, and the text that it is found by. */
const entryBytes = 512;
/** Longer content is found by its digest. */
const longest = 1024;

/** Content that is kept once for all who use it. */
export interface Entry {
  readonly content: Uint8Array;
  users: number;
}

/** Keeps each content once, as long as someone uses it. */
export class ByteTable {
  /** What all of it takes up. */
  bytes = 0;
  readonly #byKey = new Map<string, Entry>();
  #last: { readonly content: Uint8Array; readonly key: string } | undefined;

  /** The entry with this content, if there is one. */
  find(content: Uint8Array): Entry | undefined {
    return this.#byKey.get(this.#keyOf(content));
  }

  /** What `bytes` grows by if this is used. */
  growth(content: Uint8Array): number {
    return this.find(content) === undefined ? sizeOf(content) : 0;
  }

  /** The entry with this content, for one more user. */
  use(content: Uint8Array): Entry {
    const entry = this.find(content) ?? this.#add(content);
    entry.users++;
    return entry;
  }

  /** One user less. */
  release(entry: Entry): void {
    if (--entry.users > 0) return;
    this.#byKey.delete(this.#keyOf(entry.content));
    this.bytes -= sizeOf(entry.content);
  }

  #add(content: Uint8Array): Entry {
    const entry = { content, users: 0 };
    this.#byKey.set(this.#keyOf(content), entry);
    this.bytes += sizeOf(content);
    return entry;
  }

  /** The same object comes many times in a row. */
  #keyOf(content: Uint8Array): string {
    if (this.#last?.content !== content) this.#last = { content, key: keyOf(content) };
    return this.#last.key;
  }
}

/** Short content is found by itself, which takes as much again. */
const sizeOf = ({ length }: Uint8Array): number => entryBytes + length + Math.min(length, longest);

const keyOf = (content: Uint8Array): string =>
  content.length > longest
    ? createHash("sha256").update(content).digest("base64")
    : Buffer.from(content.buffer, content.byteOffset, content.length).toString("latin1");

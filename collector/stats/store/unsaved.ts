import { ChunkReader } from "../chunk.ts";
import { ChunkMerger } from "../chunk-merger.ts";
import type { Delta } from "./chunk-store.ts";

/** What was given up because it could not be written. */
export interface Loss {
  buckets: number;
  requests: number;
}

/** Sums that could not be written yet, in memory, within a limit; the oldest go first, and are counted. */
export class Unsaved {
  readonly #chunks = new Map<number, Uint8Array>();
  readonly #maxBytes: number;
  readonly #edgeOf: (series: number) => number;
  #bytes = 0;

  constructor(maxBytes: number, edgeOf: (series: number) => number) {
    this.#maxBytes = maxBytes;
    this.#edgeOf = edgeOf;
  }

  /** Keeps a delta, added to what is there for the same bucket. Returns what had to go for it. */
  add({ start, chunk }: Delta): Loss {
    const known = this.#chunks.get(start);
    this.#set(start, known === undefined ? chunk : this.#sum(start, known, chunk));
    const loss = { buckets: 0, requests: 0 };
    while (this.#bytes > this.#maxBytes) this.#dropOldest(loss);
    return loss;
  }

  /** All of it, in order of time. */
  deltas(): Delta[] {
    return [...this.#chunks].map(([start, chunk]) => ({ start, chunk })).sort((a, b) => a.start - b.start);
  }

  /** Forgets all: it was written. */
  clear(): void {
    this.#chunks.clear();
    this.#bytes = 0;
  }

  /** Buckets and bytes held. */
  get size(): { readonly buckets: number; readonly bytes: number } {
    return { buckets: this.#chunks.size, bytes: this.#bytes };
  }

  #set(start: number, chunk: Uint8Array): void {
    this.#bytes += chunk.length - (this.#chunks.get(start)?.length ?? 0);
    this.#chunks.set(start, chunk);
  }

  #sum(start: number, ...chunks: readonly Uint8Array[]): Uint8Array {
    const merger = new ChunkMerger(this.#edgeOf);
    for (const chunk of chunks) merger.add(start, chunk);
    return merger.finish(start);
  }

  #dropOldest(loss: Loss): void {
    const oldest = Math.min(...this.#chunks.keys());
    const chunk = this.#chunks.get(oldest)!;
    this.#chunks.delete(oldest);
    this.#bytes -= chunk.length;
    const reader = new ChunkReader(oldest, chunk);
    loss.buckets++;
    while (reader.next()) {
      reader.read();
      loss.requests += reader.requests;
    }
  }
}

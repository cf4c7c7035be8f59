import type { SpanSurroundings } from "../../../schemas/model/span.ts";
import { BlockStore, type Chain, emptyChain } from "./block-store.ts";
import { ByteTable, type Entry } from "./byte-table.ts";

/** In front of each span: its length, and the place of what stands around it in its list. */
const headBytes = 8;
/** Surroundings at the end of a list that are looked through for the same. */
const maxLooked = 16;

/** Spans that are kept together. */
export interface HeldSpans {
  readonly chain: Chain;
  /** What stands around them: most have few. */
  readonly around: { readonly resource: Entry; readonly scope: Entry }[];
  count: number;
}

/** No spans yet. */
export const noSpans = (): HeldSpans => ({ chain: emptyChain(), around: [], count: 0 });

/** Keeps spans as bytes, apart from the requests that they came in, and what stands around them once for all that have the same. */
export class SpanStore {
  /** Spans of all. */
  count = 0;
  readonly #blocks = new BlockStore();
  readonly #resources = new ByteTable();
  readonly #scopes = new ByteTable();
  readonly #head = Buffer.alloc(headBytes);

  /** What they take up. */
  get bytes(): number {
    return this.#blocks.usedBytes + this.#resources.bytes + this.#scopes.bytes;
  }

  /** What `bytes` grows by with one more span. */
  growth({ chain }: HeldSpans, { resource, scope }: SpanSurroundings, span: Uint8Array): number {
    const around = this.#resources.growth(resource) + this.#scopes.growth(scope);
    return around + this.#blocks.growth(chain, headBytes + span.length);
  }

  add(held: HeldSpans, around: SpanSurroundings, span: Uint8Array): void {
    this.#head.writeUInt32LE(span.length, 0);
    this.#head.writeUInt32LE(this.#placeOf(held, around), 4);
    this.#blocks.append(held.chain, this.#head);
    this.#blocks.append(held.chain, span);
    held.count++;
    this.count++;
  }

  /** Gives a copy of each span, in the order in which they came. */
  each({ chain, around }: HeldSpans, take: (around: SpanSurroundings, span: Uint8Array) => void): void {
    const bytes = this.#blocks.read(chain);
    for (let at = 0; at < bytes.length; ) {
      const from = at + headBytes;
      const { resource, scope } = around[bytes.readUInt32LE(at + 4)]!;
      at = from + bytes.readUInt32LE(at);
      take({ resource: resource.content, scope: scope.content }, bytes.subarray(from, at));
    }
  }

  /** Lets go of them. */
  release(held: HeldSpans): void {
    for (const { resource, scope } of held.around.splice(0)) {
      this.#resources.release(resource);
      this.#scopes.release(scope);
    }
    this.#blocks.free(held.chain);
    this.count -= held.count;
    held.count = 0;
  }

  /** The place of these surroundings in the list, where they are put unless they are among the last. */
  #placeOf({ around }: HeldSpans, { resource, scope }: SpanSurroundings): number {
    const [ofResource, ofScope] = [this.#resources.find(resource), this.#scopes.find(scope)];
    for (let place = around.length - 1; place >= Math.max(0, around.length - maxLooked); place--)
      if (around[place]!.resource === ofResource && around[place]!.scope === ofScope) return place;
    return around.push({ resource: this.#resources.use(resource), scope: this.#scopes.use(scope) }) - 1;
  }
}

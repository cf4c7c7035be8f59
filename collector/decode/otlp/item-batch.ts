import type { RejectedSpan } from "../../../schemas/model/span.ts";
import type { ByteCache } from "../byte-cache.ts";
import type { WireFault } from "../reader.ts";
import { maxDepth } from "./any-value.ts";
import { ofFirstField } from "./first-field.ts";
import { itemWidth, type RequestIndex, type Section } from "./request-index.ts";
import type { ParsedResource } from "./resource.ts";

/** What can be wrong with an item of any signal, beside its own bytes. */
export type AroundFault = "resource" | "scope" | "too_many";

/** What was expected instead of what can be wrong with items of any signal. */
export function explainFault(fault: WireFault | Exclude<AroundFault, "too_many">): string {
  switch (fault) {
    case "truncated":
      return "a field is longer than what is left";
    case "overlong_varint":
      return "a varint has more than 64 bits";
    case "bad_tag":
      return "a field has no valid number";
    case "wire_type":
      return "a field has a wire type that it cannot have";
    case "limit":
      return `expected at most ${maxDepth} levels of lists and maps in a value`;
    case "resource":
      return "its resource cannot be read, or has more than 1024 attributes";
    case "scope":
      return "its scope cannot be read, or has more than 1024 attributes";
  }
}

/** What batches work with, whatever their items are. */
export interface ItemBatchOptions<Fault> {
  readonly source: string;
  /** Numbers of the items in what the sender sent, if those are not their places. */
  readonly places: readonly number[] | undefined;
  readonly resources: ByteCache<ParsedResource>;
  readonly scopes: ByteCache<WireFault | undefined>;
  /** Work in one turn. */
  readonly steps: number;
  /** One item in words. */
  readonly item: string;
  /** What was expected instead. */
  explain(fault: Fault | AroundFault): string;
}

/** Reasons that are told, at most; the others are only counted. */
const maxTold = 8;

/**
 * The items of a request, read in turns: after `steps` it stops until it is resumed. Items that are malformed are
 * refused alone; those of a resource or scope that cannot be read are refused together.
 */
export abstract class ItemBatch<Item, Fault extends string> {
  readonly source: string;
  readonly index: RequestIndex;
  malformed = 0;
  /** The place of the item that was given last. */
  place = -1;
  /** Why items were refused, the first few. */
  readonly rejected: RejectedSpan[] = [];
  readonly reasons = new Map<string, number>();
  /** The resource of the items at hand. */
  protected around: ParsedResource | undefined;
  readonly #options: ItemBatchOptions<Fault>;
  #left: number;
  #scope = -1;
  #fault: AroundFault | undefined;

  constructor(index: RequestIndex, options: ItemBatchOptions<Fault>) {
    this.source = options.source;
    this.index = index;
    this.#options = options;
    this.#left = options.steps;
    for (let i = 0; i < index.beyond; i++) this.#note(index.count + i, "too_many");
  }

  next(): Item | undefined {
    while (this.#left > 0 && this.more) {
      this.place++;
      const fault = this.#read(this.place);
      this.#left -= this.steps();
      if (fault === undefined) return this.item;
      this.refused(this.place);
      this.#note(this.place, fault);
    }
    return undefined;
  }

  /** Whether items are left; `next` gives none before `resume` if so. */
  get more(): boolean {
    return this.place + 1 < this.index.count;
  }

  /** Goes on; refused items are counted from 0 again. */
  resume(): void {
    this.#left = this.#options.steps;
    this.malformed = 0;
  }

  /** What `read` has read. */
  protected abstract readonly item: Item;

  /** Reads an item of the resource `around` it, or says what is wrong with it. */
  protected abstract read(start: number, end: number): Fault | AroundFault | undefined;

  /** The share of a turn that reading the last item took. */
  protected steps(): number {
    return 1;
  }

  /** Told of the scope of the items that follow. */
  protected enterScope(_scope: Section): void {}

  #read(place: number): Fault | AroundFault | undefined {
    const { items } = this.index;
    const at = place * itemWidth;
    if (items[at + 3] !== this.#scope) this.#enterScope(items[at + 3]!);
    return this.#fault ?? this.read(items[at + 1]!, items[at + 2]!);
  }

  /** Reads the resource and the scope of the items that follow. */
  #enterScope(number: number): void {
    const { bytes, scopes, resources } = this.index;
    const scope = scopes[number]!;
    this.#scope = number;
    this.around = ofFirstField(this.#options.resources, bytes, resources[scope.parent]!);
    const scopeFault = ofFirstField(this.#options.scopes, bytes, scope);
    this.#fault = this.around.fault !== undefined ? "resource" : scopeFault !== undefined ? "scope" : undefined;
    if (this.#fault === undefined) this.enterScope(scope);
  }

  #note(place: number, fault: Fault | AroundFault): void {
    this.malformed++;
    this.reasons.set(fault, (this.reasons.get(fault) ?? 0) + 1);
    if (this.rejected.length >= maxTold) return;
    const { places, item, explain } = this.#options;
    this.rejected.push({ reason: fault, error: `${item} ${places?.[place] ?? place}: ${explain(fault)}` });
  }

  /** Told of each item that is refused though there is room for it. */
  protected refused(_place: number): void {}
}

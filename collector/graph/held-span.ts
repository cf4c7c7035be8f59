import type { Value } from "../../schemas/model/value.ts";
import type { Layout } from "./layout.ts";
import type { NamedPeer } from "./peer-name.ts";
import type { SpanFacts } from "./span-facts.ts";

/** What a span is held with. */
export interface HeldSpanParts {
  readonly key: string;
  readonly parents: readonly string[];
  readonly facts: SpanFacts;
  readonly peer: NamedPeer | undefined;
  readonly layout: Layout;
  /** Of its record, by slot. */
  readonly values: readonly (Value | undefined)[];
  readonly arrivedMs: number;
}

/** What the object, its ids and its entries in tables take, from above. */
const baseBytes = 600;
/** The same for a parent that it waits for. */
const parentBytes = 128;

/** A span that waits for the other side of its call, or that others may wait for. */
export class HeldSpan {
  /** Of its own trace and span id; see RawSpan. */
  readonly key: string;
  /** The keys of those whose child it is. */
  readonly parents: readonly string[];
  readonly facts: SpanFacts;
  /** The other side as it names it. */
  readonly peer: NamedPeer | undefined;
  readonly layout: Layout;
  /** Its attributes, by place in the layout. */
  readonly values: readonly (Value | undefined)[];
  readonly arrivedMs: number;
  readonly bytes: number;
  /** Calls that it is a side of. */
  calls = 0;
  /** It leads to another span of the same workload, or follows from one, which tells of the call in its place. */
  isInner = false;
  /** It is noted under its parents, who may still come. */
  isExpecting = false;
  /** The one that came after it. */
  next: HeldSpan | undefined;

  constructor({ key, parents, facts, peer, layout, values, arrivedMs }: HeldSpanParts) {
    this.key = key;
    this.parents = parents;
    this.facts = facts;
    this.peer = peer;
    this.layout = layout;
    this.values = pick(values, layout.slots);
    this.arrivedMs = arrivedMs;
    this.bytes = baseBytes + parents.length * parentBytes + sizeOf(this.values);
  }

  /** The value of an attribute; undefined, too, if it is not kept. */
  at(slot: number): Value | undefined {
    return this.values[this.layout.placeOf(slot)];
  }
}

function pick(values: HeldSpanParts["values"], slots: readonly number[]): (Value | undefined)[] {
  const picked = new Array<Value | undefined>(slots.length);
  for (let place = 0; place < slots.length; place++) picked[place] = values[slots[place] as number];
  return picked;
}

/** An estimate from above: text that repeats is shared. */
function sizeOf(values: readonly (Value | undefined)[]): number {
  let bytes = values.length * 8;
  for (const value of values) {
    if (typeof value === "string") bytes += 16 + value.length;
    else if (value instanceof Map) for (const [name, text] of value) bytes += 96 + name.length + text.length;
    else if (typeof value === "object") bytes += 48;
  }
  return bytes;
}

import { type AttributeName, builtInAttributes, slotOf } from "../../schemas/attributes/vocabulary.ts";
import type { AttributeRecord, Projection } from "../../schemas/model/record.ts";
import type { Value } from "../../schemas/model/value.ts";

/** What an attribute follows from, where a record does not have it. */
export interface Derivation {
  readonly attribute: AttributeName;
  /** The attributes that it follows from, at most four. */
  readonly from: readonly AttributeName[];
  /** Its value by the values of those, in their order; undefined where it cannot be told. */
  make(...values: (Value | undefined)[]): Value | undefined;
}

/** Fills in what follows from what a record has. One serves all records, one after the other. */
export interface Deriver {
  /** The slots that something is derived from, or that are derived themselves. */
  readonly uses: ReadonlySet<number>;
  /** Turns to the next record. */
  begin(): void;
  /** The record has this value in one of those slots. */
  note(slot: number, value: Value): void;
  /** Derives what is absent, and says whether the record is final. */
  finish(record: AttributeRecord): void;
}

const eventSlot = slotOf("context.event");
const protocolSlot = slotOf("context.protocol");

interface Step {
  readonly slot: number;
  readonly from: readonly number[];
  readonly make: Derivation["make"];
  readonly kept: boolean;
}

/** Compiles derivations into those that a projection needs; later ones may build on earlier ones. */
export function createDeriver(derivations: readonly Derivation[], projection: Projection): Deriver {
  const steps = stepsFor(derivations, projection);
  const uses = new Set([eventSlot, protocolSlot, ...steps.flatMap(({ slot, from }) => [slot, ...from])]);
  const used = [...uses];
  const known = new Array<Value | undefined>(builtInAttributes.length).fill(undefined);

  return {
    uses,
    begin() {
      for (let i = 0; i < used.length; i++) known[used[i] as number] = undefined;
    },
    note(slot, value) {
      known[slot] = value;
    },
    finish(record) {
      for (let i = 0; i < steps.length; i++) {
        const { slot, from, make, kept } = steps[i] as Step;
        if (known[slot] !== undefined) continue;
        const value = make(
          known[from[0] as number],
          known[from[1] as number],
          known[from[2] as number],
          known[from[3] as number],
        );
        known[slot] = value;
        if (kept) record.values[slot] = value;
      }
      record.final = isFinal(known[protocolSlot], known[eventSlot]);
    },
  };
}

/** Backwards, so that a derivation is kept for the sake of a later one that builds on it. */
function stepsFor(derivations: readonly Derivation[], projection: Projection): Step[] {
  const steps: Step[] = [];
  const needed = new Set<number>();
  for (const { attribute, from, make } of [...derivations].reverse()) {
    const slot = slotOf(attribute);
    const kept = projection.has(slot);
    if (!kept && !needed.has(slot)) continue;
    const slots = from.map(slotOf);
    for (const source of slots) needed.add(source);
    steps.unshift({ slot, from: slots, make, kept });
  }
  return steps;
}

const unfinished: readonly unknown[] = ["start", "periodic", "upstream"];

/** A request counts once, at its end; of a connection every event tells something new. */
function isFinal(protocol: Value | undefined, event: Value | undefined): boolean {
  return protocol === "tcp" || !unfinished.includes(event);
}

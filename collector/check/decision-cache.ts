import type { Value } from "../../schemas/model/value.ts";
import { isTimestamp } from "../../schemas/model/value.ts";
import type { Slots } from "../expr/expression.ts";
import { type Part, QuickTable } from "./quick-table.ts";
import type { Dependencies } from "./tracker.ts";

/** Keeps what was decided under exactly what it depended on. */
export interface DecisionCache<Kept> {
  /** What was decided for a request that is the same in everything that the decision read. */
  find(values: Slots): Kept | undefined;
  keep(values: Slots, dependencies: Dependencies, kept: Kept): void;
  readonly size: number;
}

/** A decision, until when it may be given, and what must still hold then. */
interface Entry<Kept> {
  readonly kept: Kept;
  readonly untilMs: number;
  readonly holds: readonly (() => boolean)[];
}

/** Decisions that read the same parts, by the values of these, in two generations: what is asked for again moves to the young one. */
interface Shape<Kept> {
  readonly name: string;
  readonly parts: readonly Part[];
  readonly quick: QuickTable<Entry<Kept>>;
  /** Whose values were looked up last, and by which key. */
  asked: Slots | undefined;
  key: string;
  young: Map<string, Entry<Kept>>;
  old: Map<string, Entry<Kept>>;
}

/** Of decisions that nothing outside the request could change. */
const always: readonly (() => boolean)[] = [];

/** Different sets of parts that are told apart; each costs a look-up. */
const MAX_SHAPES = 16;

/**
 * A cache of decisions. Sound since evaluation is deterministic: a request that has the same values in the parts that a decision read would
 * read them in the same order, get the same values, and so read nothing else.
 */
export function createDecisionCache<Kept>(maxEntries: number, now: () => number): DecisionCache<Kept> {
  const shapes = new Map<string, Shape<Kept>>();
  let youngEntries = 0;

  const shapeOf = (dependencies: Dependencies): Shape<Kept> | undefined => {
    const count = countParts(dependencies);
    for (const shape of shapes.values())
      if (shape.parts.length === count && shape.parts.every((part) => isPartOf(dependencies, part))) return shape;
    if (shapes.size >= MAX_SHAPES) return undefined;
    const parts = partsOf(dependencies);
    const name = JSON.stringify(parts.map(({ slot, key }) => (key === undefined ? slot : [slot, key])));
    return { name, parts, quick: new QuickTable(parts), asked: undefined, key: "", young: new Map(), old: new Map() };
  };

  /** The key of these values, which `find` has made just before. */
  const keyIn = (shape: Shape<Kept>, values: Slots): string =>
    shape.asked === values ? shape.key : keyOf(values, shape.parts);

  /** Forgets what was not asked for since the last time: deleting the oldest one by one costs more than all the rest. */
  const age = () => {
    for (const shape of shapes.values()) {
      if (shape.young.size === 0) shapes.delete(shape.name);
      shape.old = shape.young;
      shape.young = new Map();
    }
    youngEntries = 0;
  };

  const put = (shape: Shape<Kept>, key: string, entry: Entry<Kept>) => {
    if (youngEntries >= maxEntries / 2) age();
    shapes.set(shape.name, shape);
    const before = shape.young.size;
    shape.young.set(key, entry);
    youngEntries += shape.young.size - before;
  };

  const holds = ({ untilMs, holds: conditions }: Entry<Kept>): boolean =>
    (untilMs === Number.POSITIVE_INFINITY || untilMs > now()) && conditions.every((condition) => condition());

  return {
    find(values) {
      for (const shape of shapes.values()) {
        const quick = shape.quick.find(values);
        if (quick !== undefined && holds(quick)) return quick.kept;
      }
      for (const shape of shapes.values()) {
        const key = keyOf(values, shape.parts);
        shape.asked = values;
        shape.key = key;
        const young = shape.young.get(key);
        const found = young ?? shape.old.get(key);
        if (found === undefined || !holds(found)) continue;
        shape.quick.keep(values, found);
        if (young === undefined) put(shape, key, found);
        return found.kept;
      }
      return undefined;
    },
    keep(values, dependencies, kept) {
      if (dependencies.isOnce || dependencies.validForMs <= 0) return;
      const shape = shapeOf(dependencies);
      if (shape === undefined || shape.parts.some(({ slot }) => isTimestamp(values[slot]))) return;
      const { validForMs } = dependencies;
      const conditions = dependencies.holds.length === 0 ? always : dependencies.holds;
      put(shape, keyIn(shape, values), { kept, holds: conditions, untilMs: now() + validForMs });
    },
    get size() {
      return [...shapes.values()].reduce((sum, { young, old }) => sum + young.size + old.size, 0);
    },
  };
}

/** Whether single entries of a map count, and not the whole. */
const entriesOf = ({ keys, wholes }: Dependencies, slot: number) => (wholes.has(slot) ? undefined : keys.get(slot));

function isPartOf(dependencies: Dependencies, { slot, key }: Part): boolean {
  if (!dependencies.attributes.has(slot)) return false;
  const entries = entriesOf(dependencies, slot);
  return key === undefined ? entries === undefined : entries?.has(key) === true;
}

function countParts(dependencies: Dependencies): number {
  let count = 0;
  for (const slot of dependencies.attributes.keys()) count += entriesOf(dependencies, slot)?.size ?? 1;
  return count;
}

/** Maps of which single entries were read count by these entries; those that were used as a whole, and all other attributes, by their value. */
function partsOf(dependencies: Dependencies): readonly Part[] {
  return [...dependencies.attributes.keys()]
    .sort((a, b) => a - b)
    .flatMap((slot): Part[] => {
      const entries = entriesOf(dependencies, slot);
      return entries === undefined
        ? [{ slot, key: undefined }]
        : [...entries.keys()].sort().map((key) => ({ slot, key }));
    });
}

/** The values of these parts as one text; different values never give the same. */
function keyOf(values: Slots, parts: readonly Part[]): string {
  let text = "";
  for (const { slot, key } of parts) {
    const value = values[slot];
    text += key === undefined ? textOf(value) : entryOf(value, key);
  }
  return text;
}

/** A map that is not there is told apart from one without the entry: reading it fails otherwise. */
function entryOf(map: Value | undefined, key: string): string {
  return map instanceof Map ? textOf(map.get(key)) : `M${textOf(map)}`;
}

function textOf(value: Value | undefined): string {
  switch (typeof value) {
    case "undefined":
      return "-";
    case "string":
      return `s${value.length}:${value}`;
    case "object": {
      const text = JSON.stringify(value instanceof Map ? [...value].sort() : value);
      return `o${text.length}:${text}`;
    }
    default:
      return `${typeof value}${value};`;
  }
}

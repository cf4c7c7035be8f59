import { type AttributeName, createVocabulary, slotOf, type Vocabulary } from "../../schemas/attributes/vocabulary.ts";
import type { AttributeRecord, Projection } from "../../schemas/model/record.ts";
import type { Value } from "../../schemas/model/value.ts";
import type { EnrichTables } from "./enrich.ts";
import { peerFields } from "./peer.ts";

/** What the tables are asked about: an entry or a span with two sides. */
interface TwoSided {
  readonly inbound: boolean;
  other(field: number): Value | undefined;
}

type Read<S> = (scene: S) => Value | undefined;

/** Fills one slot of a record. */
export interface Filler<S> {
  readonly slot: number;
  readonly read: Read<S>;
}

/** What decides which slots are filled, and how. */
export interface FillerOptions {
  readonly projection: Projection;
  readonly vocabulary?: Vocabulary;
  readonly enrich: EnrichTables;
}

/** What is filled whether anything reads it or not: counters multiply by the weight. */
const countingSlots = [slotOf("context.weight")];

/** Picks the readers of the slots that are wanted; those that only enrichment can fill come from its tables. */
export function createFillers<S extends TwoSided>(
  options: FillerOptions,
  readers: { readonly [Name in AttributeName]?: Read<S> },
): Filler<S>[] {
  const { projection, vocabulary = createVocabulary(), enrich } = options;
  return [...new Set([...projection.slots, ...countingSlots])].map((slot) => {
    const name = vocabulary.attributes[slot]?.name ?? "";
    return { slot, read: withFallback(readers[name as AttributeName], enriched(name, enrich)) };
  });
}

/** Fills a record from a scene. */
export function fill<S>(fillers: readonly Filler<S>[], scene: S, values: AttributeRecord["values"]): void {
  for (let i = 0; i < fillers.length; i++) {
    const filler = fillers[i] as Filler<S>;
    values[filler.slot] = filler.read(scene);
  }
}

const absent = () => undefined;

function withFallback<S>(read: Read<S> | undefined, fallback: Read<S> | undefined): Read<S> {
  if (read === undefined || fallback === undefined) return read ?? fallback ?? absent;
  return (scene) => read(scene) ?? fallback(scene);
}

/** Reads an attribute of the other side that the tables give beside the usual ones. */
function enriched(name: string, { fields }: EnrichTables): Read<TwoSided> | undefined {
  const [, side, below = ""] = /^(source|destination)\.(.+)$/.exec(name) ?? [];
  const field = fields.indexOf(below);
  if (side === undefined || field < peerFields.length) return undefined;
  const otherIsSource = side === "source";
  return (scene) => (scene.inbound === otherIsSource ? scene.other(field) : undefined);
}

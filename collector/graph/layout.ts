import { type AttributeName, builtInAttributes, slotOf } from "../../schemas/attributes/vocabulary.ts";

/** What calls are made of, whoever reads them. */
const always = (
  [
    ...["context.signal", "context.protocol", "context.time", "context.weight", "context.proxy_error_code"],
    ...["context.reporter.kind", "response.time", "response.duration", "trace.id", "trace.sampled"],
    ...["source.canonical.name", "source.workload.name", "source.workload.namespace"],
    ...["destination.canonical.name", "destination.workload.name", "destination.workload.namespace"],
    ...["destination.service.name", "destination.service.namespace", "destination.service.host"],
  ] as const satisfies readonly AttributeName[]
).map(slotOf);

/** Attributes of one side that both spans know from where they stand, not who the side is. */
const views: ReadonlySet<string> = new Set(["source.ip", "destination.ip", "destination.port"]);

const slotsByName: ReadonlyMap<string, number> = new Map(builtInAttributes.map(({ name }, slot) => [name, slot]));

/** The slot of the same attribute of the other side, for what says who a side is. */
const mirrored: readonly (number | undefined)[] = builtInAttributes.map(({ name }) => {
  const [, side, field] = /^(source|destination)\.(.+)$/.exec(name) ?? [];
  if (side === undefined || views.has(name)) return undefined;
  return slotsByName.get(`${side === "source" ? "destination" : "source"}.${field}`);
});

/** What an attribute of a call says: who a side is, which service is called, or anything else. */
export type Part = "source" | "destination" | "service" | "other";

/**
 * The slots that are kept of spans while they wait, ascending, so that values lie close together. Only attributes that
 * are built in have a place: their slots are the same in every vocabulary, so spans may wait over a reload.
 */
export class Layout {
  readonly slots: readonly number[];
  readonly parts: readonly Part[];
  /** By place: the place of the same attribute of the other side; -1 where there is none. */
  readonly mirrors: readonly number[];
  /** By slot: its place + 1. */
  readonly #places = new Uint16Array(builtInAttributes.length);

  constructor(read: Iterable<number>) {
    const wanted = [...read].filter((slot) => slot < builtInAttributes.length);
    const all = [...wanted, ...always].flatMap((slot) => [slot, mirrored[slot] ?? slot]);
    this.slots = [...new Set(all)].sort((a, b) => a - b);
    for (const [place, slot] of this.slots.entries()) this.#places[slot] = place + 1;
    this.parts = this.slots.map(partOf);
    this.mirrors = this.slots.map((slot) => this.placeOf(mirrored[slot] ?? -1));
  }

  /** The place of a slot; -1 if it is not kept. */
  placeOf(slot: number): number {
    return (this.#places[slot] ?? 0) - 1;
  }
}

function partOf(slot: number): Part {
  const name = builtInAttributes[slot]?.name ?? "";
  if (name.startsWith("destination.service.") && name !== "destination.service.subset") return "service";
  if (mirrored[slot] === undefined) return "other";
  return name.startsWith("source.") ? "source" : "destination";
}

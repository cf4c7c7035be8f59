import type { LabelTuple, MetricInstance } from "../../schemas/model/instance.ts";
import type { Definition } from "./definition.ts";
import type { Name } from "./names.ts";

/** Text to be sent in one piece, and the places in the batch of the instances that it stands for. */
export interface Line {
  readonly text: string;
  readonly indexes: readonly number[];
}

/** A batch as lines, and the places of instances whose values are no numbers: there is no way to send them. */
export interface Lines {
  readonly lines: readonly Line[];
  readonly refused: readonly number[];
}

/** What values come to before they are written. */
interface Entry {
  readonly definition: Definition;
  readonly name: Name;
  value: number;
  /** How many requests a value that is sent alone stands for. */
  readonly weight: number;
  readonly indexes: number[];
}

/** Turns batches into lines: counters are added up, the latest value of a gauge counts, the rest is sent value by value. */
export function createLines(definitionOf: (instance: string) => Definition, isAbsolute: boolean) {
  return (batch: readonly MetricInstance[]): Lines => {
    const entries = new Map<string, Entry>();
    const refused: number[] = [];
    for (const [index, { instance, labels, value, weight }] of batch.entries()) {
      const definition = definitionOf(instance);
      const amount = value / definition.divisor;
      if (Number.isFinite(amount * weight)) add(entries, definition, labels, amount, weight, index);
      else refused.push(index);
    }
    const lines = [...entries.values()].map((entry) => ({ text: textOf(entry, isAbsolute), indexes: entry.indexes }));
    return { lines, refused };
  };
}

function add(
  entries: Map<string, Entry>,
  definition: Definition,
  labels: LabelTuple,
  amount: number,
  weight: number,
  index: number,
): void {
  const { type, nameOf } = definition;
  const name = nameOf(labels);
  const value = type === "c" ? amount * weight : amount;
  const key = type === "c" || type === "g" ? `${type} ${name.before}${name.after}` : `${index}`;
  const entry = entries.get(key);
  if (entry === undefined) {
    entries.set(key, { definition, name, value, weight, indexes: [index] });
    return;
  }
  entry.value = type === "c" ? entry.value + value : value;
  entry.indexes.push(index);
}

function textOf({ definition: { type }, name: { before, after }, value, weight }: Entry, isAbsolute: boolean): string {
  const line = (number: number) => `${before}:${number}|${type}${after}`;
  if (type === "c") return line(value);
  // Where a sign means a change, a gauge below zero is first set to zero.
  if (type === "g") return value < 0 && !isAbsolute ? `${line(0)}\n${line(value)}` : line(value);
  return `${before}:${value}|${type}${weight > 1 ? `|@${1 / weight}` : ""}${after}`;
}

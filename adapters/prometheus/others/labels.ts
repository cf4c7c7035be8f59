import type { Int64 } from "../../../schemas/model/value.ts";
import { formatLabels } from "../../shared/exposition.ts";
import { WireCursor } from "../../shared/otlp/wire-cursor.ts";

/** Labels by name. */
export type Labels = ReadonlyMap<string, string>;

/** Labels that the page itself puts on samples. */
const reserved: ReadonlySet<string> = new Set(["le", "quantile", "job", "instance"]);

/** A name as a label: characters that are not allowed become `_`, several of them one; what begins with a digit, or is nothing else, begins with `key_`. */
export function toLabel(name: string): string {
  const label = name.replace(/[^a-zA-Z0-9]+/g, "_");
  return /^[0-9]|^_?$/.test(label) ? `key_${label}` : label;
}

/**
 * Makes labels of attributes. Those that become the same label have their values joined by `;`, in the order of their own names; empty
 * values are none. Names that the page needs itself get `exported_` in front, as Prometheus does when it scrapes.
 */
export function toLabels(attributes: ReadonlyMap<string, string>, prefix = ""): Map<string, string> {
  const labels = new Map<string, string>();
  for (const [name, value] of [...attributes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (value === "") continue;
    const label = prefix + toLabel(name);
    const safe = reserved.has(label) ? `exported_${label}` : label;
    const before = labels.get(safe);
    labels.set(safe, before === undefined ? value : `${before};${value}`);
  }
  return labels;
}

/** Labels as they stand in braces, by name. */
export function labelText(...parts: readonly Labels[]): string {
  const all = [...new Map(parts.flatMap((labels) => [...labels]))].sort(([a], [b]) => (a < b ? -1 : 1));
  return formatLabels(
    all.map(([name]) => name),
    all.map(([, value]) => value),
  );
}

/** Reads the KeyValue that a cursor stands in front of, and adds it to attributes: key = 1, value = 2. Of a key that comes twice the last counts. */
export function readAttribute(attribute: WireCursor, into: Map<string, string>): void {
  let key = "";
  let value = "";
  const inner = new WireCursor();
  while (attribute.next()) {
    if (attribute.field === 1) key = attribute.text();
    else if (attribute.field === 2) value = valueText(inner.within(attribute));
  }
  into.set(key, value);
}

/** AnyValue as text: lists and maps as JSON, bytes as base64. */
function valueText(value: WireCursor): string {
  const plain = plainValue(value);
  return typeof plain === "string" ? plain : plain === undefined ? "" : JSON.stringify(plain);
}

type Plain = string | number | boolean | undefined | readonly Plain[] | { readonly [name: string]: Plain };

/** AnyValue: string = 1, bool = 2, int = 3, double = 4, array = 5 { values = 1 }, kvlist = 6 { values = 1 }, bytes = 7. */
function plainValue(value: WireCursor): Plain {
  let plain: Plain;
  while (value.next()) {
    if (value.field === 1) plain = value.text();
    else if (value.field === 2) plain = value.varint() !== 0;
    else if (value.field === 3) plain = jsonInteger(value.int64());
    else if (value.field === 4) plain = finite(value.double());
    else if (value.field === 5) plain = listOf(value).map(({ bytes, start, end }) => plainValue(at(bytes, start, end)));
    else if (value.field === 6) plain = Object.fromEntries(listOf(value).map(pairOf));
    else if (value.field === 7) plain = Buffer.from(value.bytes.subarray(value.start, value.end)).toString("base64");
  }
  return plain;
}

interface Range {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

const at = (bytes: Uint8Array, start: number, end: number) => new WireCursor().enter(bytes, start, end);

const jsonInteger = (value: Int64): Plain => (typeof value === "bigint" ? String(value) : value);

/** JSON has no other numbers. */
const finite = (value: number): Plain => (Number.isFinite(value) ? value : String(value));

function listOf(outer: WireCursor): Range[] {
  const cursor = new WireCursor().within(outer);
  const found: Range[] = [];
  while (cursor.next())
    if (cursor.field === 1) found.push({ bytes: cursor.bytes, start: cursor.start, end: cursor.end });
  return found;
}

function pairOf({ bytes, start, end }: Range): [string, Plain] {
  const cursor = at(bytes, start, end);
  let key = "";
  let value: Plain;
  while (cursor.next()) {
    if (cursor.field === 1) key = cursor.text();
    else if (cursor.field === 2) value = plainValue(new WireCursor().within(cursor));
  }
  return [key, value];
}

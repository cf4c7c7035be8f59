import type { LabelTuple } from "../../schemas/model/instance.ts";
import type { StatsdConfig } from "./config.ts";

/** The parts of a line around its value: `before:value|type<rate>after`. */
export interface Name {
  readonly before: string;
  readonly after: string;
}

/**
 * Names and labels keep letters, digits and a few marks; all else becomes `_`, so that no value can end a line, a tag or a
 * name (`\n | : # @ , =` and space), whatever a client sent.
 */
const unsafe = /[^\p{L}\p{N}_./-]/gu;
const unsafeInPart = /[^\p{L}\p{N}_-]/gu;

const safe = (text: string): string => text.toWellFormed().replace(unsafe, "_");
const safePart = (text: string): string => (text === "" ? "none" : text.toWellFormed().replace(unsafeInPart, "_"));

/** Spells a metric with its labels, those of all first. */
export function createNaming({ format, prefix, tags }: Pick<StatsdConfig, "format" | "prefix" | "tags">) {
  const fixed = Object.entries(tags);
  return (name: string, { names, values }: LabelTuple): Name => {
    const own = names.map((label, i) => [label, values[i]!] as const);
    return formats[format](safe(`${prefix}${name}`), [...fixed, ...own]);
  };
}

type Pairs = readonly (readonly [string, string])[];

const formats: Record<StatsdConfig["format"], (name: string, labels: Pairs) => Name> = {
  dogstatsd(name, labels) {
    const pairs = labels.map(([label, value]) => `${safe(label)}:${safe(value)}`);
    return { before: name, after: pairs.length === 0 ? "" : `|#${pairs.join(",")}` };
  },
  influxdb(name, labels) {
    // A tag without a value is an error there.
    const pairs = labels.filter(([, value]) => value !== "").map(([label, value]) => `,${safe(label)}=${safe(value)}`);
    return { before: `${name}${pairs.join("")}`, after: "" };
  },
  names: (name, labels) => ({ before: [name, ...labels.map(([, value]) => safePart(value))].join("."), after: "" }),
};

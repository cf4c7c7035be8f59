/** One line of a Prometheus text page. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Label values that samples must have; an absent label counts as empty text, as in PromQL. */
export type Matcher = Readonly<Record<string, string | RegExp>>;

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$/;
const pair = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)",?/g;
const escapes: Readonly<Record<string, string>> = { "\\n": "\n", "\\\\": "\\", '\\"': '"' };

/** Reads text format 0.0.4; throws on a line that is none. */
export function parseExposition(text: string): Sample[] {
  return text
    .split("\n")
    .filter((row) => row !== "" && !row.startsWith("#"))
    .map(parseLine);
}

function parseLine(row: string): Sample {
  const [, name, labels = "", value = ""] = line.exec(row) ?? [];
  if (name === undefined) throw new Error(`Not a sample: ${row}`);
  const pairs = [...labels.matchAll(pair)].map(([, label = "", raw = ""]) => [label, unescaped(raw)] as const);
  return { name, labels: Object.fromEntries(pairs), value: Number(value.replace("Inf", "Infinity")) };
}

function unescaped(raw: string): string {
  return raw.replace(/\\[n\\"]/g, (sequence) => escapes[sequence] ?? sequence);
}

/** The samples of one name whose labels match. */
export function select(samples: readonly Sample[], name: string, matcher: Matcher = {}): Sample[] {
  const wanted = Object.entries(matcher);
  return samples.filter(
    (sample) => sample.name === name && wanted.every(([label, want]) => fits(sample.labels[label] ?? "", want)),
  );
}

function fits(value: string, want: string | RegExp): boolean {
  return typeof want === "string" ? value === want : want.test(value);
}

/** The sum of the samples of one name whose labels match; 0 if there are none. */
export function sum(samples: readonly Sample[], name: string, matcher: Matcher = {}): number {
  return select(samples, name, matcher).reduce((total, { value }) => total + value, 0);
}

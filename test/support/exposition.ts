/** One sample line. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly exemplar?: {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
    readonly timestamp: number | undefined;
  };
}

/** One metric family. In OpenMetrics the name lacks the `_total` of counters; in text 0.0.4 it has it. */
export interface Family {
  readonly name: string;
  type: string;
  help: string | undefined;
  unit: string | undefined;
  readonly samples: Sample[];
}

/** Reads an exposition document strictly by its format; throws an error with the line where the rules are broken. */
export function parseExposition(text: string, format: "text" | "openmetrics" = guessFormat(text)): Map<string, Family> {
  const families = new Map<string, Family>();
  const lines = splitLines(text, format);
  const seen = new Set<string>();
  let current: Family | undefined;
  for (const [i, line] of lines.entries()) {
    try {
      current = line.startsWith("#")
        ? readMetadata(line, format, families, current)
        : readSample(line, format, current, seen);
    } catch (error) {
      throw new Error(`line ${i + 1}: ${(error as Error).message}: ${line.slice(0, 200)}`);
    }
  }
  for (const family of families.values()) checkFamily(family, format);
  return families;
}

/** The samples of all families in order. */
export function samplesOf(text: string): Sample[] {
  return [...parseExposition(text).values()].flatMap((family) => family.samples);
}

function guessFormat(text: string): "text" | "openmetrics" {
  return text.endsWith("# EOF\n") ? "openmetrics" : "text";
}

function splitLines(text: string, format: string): string[] {
  if (text.includes("\r")) throw new Error("carriage return");
  if (text !== "" && !text.endsWith("\n")) throw new Error("the last line does not end");
  const lines = text.split("\n").slice(0, -1);
  if (format === "openmetrics" && lines.pop() !== "# EOF") throw new Error("the last line is not # EOF");
  return lines;
}

const metadata = /^# (HELP|TYPE|UNIT) ([a-zA-Z_:][a-zA-Z0-9_:]*)(?: (.*))?$/;
const types = {
  text: ["counter", "gauge", "histogram", "summary", "untyped"],
  openmetrics: ["counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset", "unknown"],
};

function readMetadata(
  line: string,
  format: "text" | "openmetrics",
  families: Map<string, Family>,
  current: Family | undefined,
): Family {
  const [, keyword, name = "", rest = ""] = metadata.exec(line) ?? fail("no metadata line");
  const family = current !== undefined && current.name === name ? current : startFamily(name, families);
  if (family.samples.length > 0) fail("metadata after samples");
  if (keyword === "HELP") {
    if (family.help !== undefined) fail("second HELP");
    family.help = unescaped(rest, format === "text" ? "n\\" : 'n\\"');
  } else if (keyword === "TYPE") {
    if (family.type !== "") fail("second TYPE");
    if (!types[format].includes(rest)) fail("unknown type");
    family.type = rest;
  } else {
    if (format === "text") fail("UNIT in text 0.0.4");
    if (family.unit !== undefined || !name.endsWith(`_${rest}`)) fail("unit is no suffix of the name");
    family.unit = rest;
  }
  return family;
}

function startFamily(name: string, families: Map<string, Family>): Family {
  if (families.has(name)) fail("family comes twice");
  const family: Family = { name, type: "", help: undefined, unit: undefined, samples: [] };
  families.set(name, family);
  return family;
}

const suffixes: Record<string, Record<string, readonly string[]>> = {
  text: {
    counter: [""],
    gauge: [""],
    untyped: [""],
    histogram: ["_bucket", "_sum", "_count"],
    summary: ["", "_sum", "_count"],
  },
  openmetrics: {
    counter: ["_total", "_created"],
    gauge: [""],
    unknown: [""],
    info: ["_info"],
    stateset: [""],
    histogram: ["_bucket", "_sum", "_count", "_created"],
    gaugehistogram: ["_bucket", "_gsum", "_gcount"],
    summary: ["", "_sum", "_count", "_created"],
  },
};

function readSample(
  line: string,
  format: "text" | "openmetrics",
  current: Family | undefined,
  seen: Set<string>,
): Family {
  if (current === undefined || current.type === "") return fail("sample without TYPE");
  const reader = new Reader(line);
  const name = reader.match(/[a-zA-Z_:][a-zA-Z0-9_:]*/y);
  if (!suffixes[format]![current.type]!.some((suffix) => name === current.name + suffix)) fail("not of this family");
  const labels = reader.peek() === "{" ? readLabels(reader) : {};
  reader.expect(" ");
  const value = readNumber(reader.match(/[^ ]+/y));
  const sample = { name, labels, value, ...readExemplar(reader, name, format) };
  if (!reader.done) fail("text after the value");
  const identity = JSON.stringify([name, Object.entries(labels).sort()]);
  if (seen.has(identity)) fail("series comes twice");
  seen.add(identity);
  current.samples.push(sample);
  return current;
}

function readExemplar(reader: Reader, name: string, format: string): Pick<Sample, "exemplar"> {
  if (reader.done) return {};
  if (format === "text") fail("text after the value");
  if (!/_(total|bucket)$/.test(name)) fail("exemplar on this sample");
  reader.expect(" # ");
  const labels = readLabels(reader);
  if ([...Object.entries(labels).flat().join("")].length > 128) fail("exemplar labels beyond 128 characters");
  reader.expect(" ");
  const value = readNumber(reader.match(/[^ ]+/y));
  if (reader.done) return { exemplar: { labels, value, timestamp: undefined } };
  reader.expect(" ");
  return { exemplar: { labels, value, timestamp: readNumber(reader.match(/\d+(\.\d+)?/y)) } };
}

function readLabels(reader: Reader): Record<string, string> {
  const labels: Record<string, string> = Object.create(null);
  reader.expect("{");
  while (reader.peek() !== "}") {
    if (Object.keys(labels).length > 0) reader.expect(",");
    const name = reader.match(/[a-zA-Z_][a-zA-Z0-9_]*/y);
    if (name in labels) fail(`label ${name} comes twice`);
    reader.expect('="');
    labels[name] = unescaped(reader.match(/(?:[^"\\]|\\.)*/sy), 'n\\"');
    reader.expect('"');
  }
  reader.expect("}");
  return { ...labels };
}

function unescaped(text: string, allowed: string): string {
  return text.replace(/\\(.)/gs, (_, letter: string) => {
    if (!allowed.includes(letter)) fail(`escape \\${letter}`);
    return letter === "n" ? "\n" : letter;
  });
}

function readNumber(text: string): number {
  if (text === "+Inf") return Infinity;
  if (text === "-Inf") return -Infinity;
  if (text === "NaN") return NaN;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : fail(`no number "${text}"`);
}

/** Checks what only a whole family shows: histograms whose buckets ascend to `+Inf`, which equals the count. */
function checkFamily(family: Family, format: string): void {
  if (family.type === "") fail(`family ${family.name} has no TYPE`);
  if (format === "openmetrics") checkAdjacent(family);
  if (family.type !== "histogram") return;
  for (const [identity, samples] of Map.groupBy(family.samples, seriesOf)) {
    const where = `${family.name} ${identity}`;
    const buckets = samples.filter((sample) => sample.name.endsWith("_bucket"));
    const bounds = buckets.map((bucket) => readNumber(bucket.labels.le ?? fail(`${where} bucket without le`)));
    if (bounds.at(-1) !== Infinity) fail(`${where} does not end with +Inf`);
    if (bounds.some((bound, i) => i > 0 && bound <= bounds[i - 1]!)) fail(`${where} bounds do not ascend`);
    if (buckets.some((bucket, i) => i > 0 && bucket.value < buckets[i - 1]!.value)) fail(`${where} counts fall`);
    const count = samples.find((sample) => sample.name === `${family.name}_count`);
    if (count !== undefined && count.value !== buckets.at(-1)!.value) fail(`${where} count is not that of +Inf`);
  }
}

/** OpenMetrics: the samples of one series stand together. */
function checkAdjacent(family: Family): void {
  const finished = new Set<string>();
  let current: string | undefined;
  for (const sample of family.samples) {
    const identity = seriesOf(sample);
    if (identity === current) continue;
    if (finished.has(identity)) fail(`${family.name} ${identity} is interleaved`);
    if (current !== undefined) finished.add(current);
    current = identity;
  }
}

/** The labels of a series, without those that tell its samples apart. */
function seriesOf({ labels }: Sample): string {
  return JSON.stringify(Object.entries(labels).filter(([name]) => name !== "le" && name !== "quantile"));
}

function fail(message: string): never {
  throw new Error(message);
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get done(): boolean {
    return this.#at === this.#text.length;
  }

  peek(): string | undefined {
    return this.#text[this.#at];
  }

  expect(text: string): void {
    if (!this.#text.startsWith(text, this.#at)) fail(`expected "${text}" at column ${this.#at + 1}`);
    this.#at += text.length;
  }

  match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? fail(`unexpected text at column ${this.#at + 1}`);
    this.#at += found.length;
    return found;
  }
}

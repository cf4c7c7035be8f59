/** A series of a metric, as a line of /metrics names it. */
export interface SeriesName {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A series with its value. */
export interface Series extends SeriesName {
  readonly value: number;
}

const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s*(\S+)?(?:\s+-?\d+)?$/s;
const label = /\s*([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)/sy;

/** Reads `name{label="value"}`; undefined if the text is none. */
export function parseSeriesName(text: string): SeriesName | undefined {
  const [whole, name, written = "", value] = sample.exec(text.trim()) ?? [];
  if (whole === undefined || name === undefined || value !== undefined) return undefined;
  const labels = readLabels(written);
  return labels && { name, labels };
}

/** The series of a text in Prometheus' format; comments are passed over. */
export function parseSeries(page: string): Series[] {
  return page.split("\n").flatMap((line) => {
    if (line === "" || line.startsWith("#")) return [];
    const [, name = "", written = "", value = ""] = sample.exec(line) ?? [];
    return [{ name, labels: readLabels(written) ?? {}, value: numberOf(value) }];
  });
}

const numberOf = (text: string): number => (/^[+-]Inf$/.test(text) ? Number(`${text}inity`) : Number(text));

function readLabels(written: string): Record<string, string> | undefined {
  const labels: [string, string][] = [];
  for (let at = 0; at < written.length; at = label.lastIndex) {
    label.lastIndex = at;
    const [, name, value] = label.exec(written) ?? [];
    if (name === undefined || value === undefined) return undefined;
    labels.push([name, value.replace(/\\(.)/gs, (_, letter: string) => (letter === "n" ? "\n" : letter))]);
  }
  return Object.fromEntries(labels);
}

/** Writes it as on /metrics. */
export function formatSeriesName({ name, labels }: SeriesName): string {
  const pairs = Object.entries(labels).map(
    ([label, value]) => `${label}="${value.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"`,
  );
  return pairs.length === 0 ? name : `${name}{${pairs.join(",")}}`;
}

/** The series that a selector means: those of its name that have its labels. */
export function selected(series: readonly Series[], { name, labels }: SeriesName): Series[] {
  const wanted = Object.entries(labels);
  return series.filter(
    (each) => each.name === name && wanted.every(([label, value]) => fits(label, value, each.labels)),
  );
}

/** Bounds of buckets are numbers, which may be written otherwise. */
function fits(label: string, wanted: string, { [label]: value }: SeriesName["labels"]): boolean {
  return value === wanted || (label === "le" && value !== undefined && Number(value) === Number(wanted));
}

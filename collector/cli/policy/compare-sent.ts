import type { Instance, Template } from "../../../schemas/model/instance.ts";
import { formatTimestamp } from "../../../schemas/model/time-text.ts";
import { isTimestamp } from "../../../schemas/model/value.ts";
import type { Difference } from "./compare.ts";
import { differencesInList, type Plain } from "./compare-plain.ts";
import type { Recorder } from "./recorder.ts";
import { formatSeriesName, parseSeriesName, type Series, type SeriesName, selected } from "./series.ts";
import type { Expectation } from "./test-file.ts";

const templates = { logs: "logentry", edges: "edge", spans: "tracespan" } as const satisfies Record<string, Template>;

/** Everything in which what handlers were sent is not as expected. */
export async function differencesInSent(
  expected: Pick<Expectation, "metrics" | keyof typeof templates>,
  sent: ReadonlyMap<string, Recorder>,
): Promise<Difference[]> {
  const found: Difference[] = [];
  for (const [handler, wanted] of Object.entries(expected.metrics ?? {}))
    found.push(...differencesInMetrics(`metrics.${handler}`, wanted, (await sent.get(handler)?.series()) ?? []));
  for (const [kind, template] of Object.entries(templates) as [keyof typeof templates, Template][])
    for (const [handler, wanted] of Object.entries(expected[kind] ?? {})) {
      const got = (sent.get(handler)?.instances ?? []).filter((instance) => instance.template === template);
      found.push(...differencesInList(`${kind}.${handler}`, wanted, got.map(toPlain)));
    }
  return found;
}

/** Other series of a metric that are shown where the wanted one did not come. */
const MAX_OTHERS = 5;

/** Of the series, those that are named count: the sum of all that have the labels; null: there must be none. */
function differencesInMetrics(
  place: string,
  wanted: Readonly<Record<string, number | null>>,
  series: readonly Series[],
): Difference[] {
  return Object.entries(wanted).flatMap(([text, value]) => {
    const selector = parseSeriesName(text);
    if (selector === undefined) return [];
    const found = selected(series, selector);
    const got = found.length === 0 ? undefined : found.reduce((sum, each) => sum + each.value, 0);
    const expected = value ?? undefined;
    if (isClose(expected, got)) return [];
    const others = got === undefined ? othersThan(selector, series) : [];
    const shown = others.slice(0, MAX_OTHERS).map((each) => ({
      ...{ field: `${place}.${formatSeriesName(each)}`, expected: undefined, got: each.value },
    }));
    return [{ field: `${place}.${text}`, expected, got }, ...shown];
  });
}

/** What may have been meant: the metric's other series, else those of metrics that begin alike. */
function othersThan({ name }: SeriesName, series: readonly Series[]): Series[] {
  const same = selected(series, { name, labels: {} });
  const [word = name] = name.split("_");
  return same.length > 0 ? same : series.filter((each) => each.name.startsWith(word) && !each.name.endsWith("_bucket"));
}

/** Sums of decimal fractions come out a little beside. */
const isClose = (a: number | undefined, b: number | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && Math.abs(a - b) <= 1e-9 * Math.abs(a));

/** Members that say nothing of what was sent. */
const inner = new Set(["template", "id", "computed"]);

function toPlain(instance: Instance): Plain {
  const members = Object.entries(instance).filter(([name]) => !inner.has(name));
  return Object.fromEntries(
    members.map(([name, value]): [string, Plain] => [name, isTimestamp(value) ? formatTimestamp(value) : value]),
  );
}

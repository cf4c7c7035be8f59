import { compareText } from "./measures.ts";
import type { TimeseriesQuery, ValuesAnswer, ValuesQuery } from "./query.ts";
import { alignRange, toInterval } from "./range.ts";
import type { QueryView } from "./scan.ts";
import { scanTime, type TimeSums } from "./time-scan.ts";
import { sumOf, toGroups } from "./timeseries.ts";
import { checkStored } from "./where.ts";

/** Reads one store's part: a time series of one step. */
export function* readValues(view: QueryView, query: ValuesQuery): Generator<void, TimeSums> {
  checkStored(query.attribute, "attribute");
  const range = alignRange(query.from, query.to, view);
  const step = Math.max(1, range.until - range.from);
  const asSeries: TimeseriesQuery = { ...query, measures: ["requests"], stats: [], by: [query.attribute] };
  return yield* scanTime(view, asSeries, range, step);
}

/** Makes the answer of one store's part, or of several added up: values that occurred, most requests first. */
export function finishValues(sums: TimeSums, query: ValuesQuery): ValuesAnswer {
  const values = [...toGroups(sums, query).values()].flatMap(({ labels, cells }) => {
    const value = labels[0];
    const requests = cells.reduce((sum, cell) => sum + sumOf(cell.sums.get("requests")), 0);
    return value === null || value === undefined ? [] : [{ value, requests }];
  });
  values.sort((a, b) => b.requests - a.requests || compareText(String(a.value), String(b.value)));
  return {
    interval: toInterval(sums.range, sums.range.resolution),
    attribute: query.attribute,
    values: values.slice(0, query.limit),
    truncated: values.length > query.limit,
  };
}

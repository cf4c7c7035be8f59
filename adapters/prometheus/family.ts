import type { ExpositionFormat, MetricFamily } from "../adapter.ts";
import { formatHead, formatSeconds } from "../shared/exposition.ts";
import type { Metric } from "../shared/series/store.ts";
import { toLines } from "./lines.ts";

/** Characters of sample text handed over at once. */
const pieceLength = 64 * 1024;

/** A metric as a family, as it is now: series that begin while it is read are left to the next reading. */
export function toFamily(metric: Metric, format: ExpositionFormat, withCreated: boolean): MetricFamily {
  const { name, kind: type, help, unit } = metric.definition;
  const head = formatHead({ name, type, help, unit }, format);
  const end = metric.table.nextSerial;
  return { name, type, head, samples: () => pieces(metric, format, withCreated && format === "openmetrics", end) };
}

function* pieces(metric: Metric, format: ExpositionFormat, withCreated: boolean, endSerial: number): Iterable<string> {
  const { table } = metric;
  const { texts, serials, createdMs } = table;
  const linesOf = toLines(metric, format);
  let piece = "";
  for (let slot = 0; slot < table.size; slot++) {
    const labels = texts[slot];
    if (labels === undefined || serials[slot]! >= endSerial) continue;
    piece += linesOf(slot, labels, withCreated ? formatSeconds(createdMs[slot]!) : undefined);
    if (piece.length < pieceLength) continue;
    yield piece;
    piece = "";
  }
  if (piece !== "") yield piece;
}

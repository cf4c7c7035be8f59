import { escapeLabelValue, formatSeconds, formatValue } from "../shared/exposition.ts";

interface Exemplar {
  traceId: string;
  value: number;
  timeMs: number;
}

/** The most code points that OpenMetrics 1.0 allows in an exemplar's label names and values together. */
const maxCodePoints = 128;
const label = "trace_id";

/** The latest exemplar of each counter series or histogram bucket, by cell number. */
export class Exemplars {
  readonly #byCell = new Map<number, Exemplar>();

  /** Keeps this as the cell's exemplar; a trace id too long for the format is passed over. */
  set(cell: number, traceId: string, value: number, timeMs: number): void {
    if (label.length + traceId.length > maxCodePoints) return;
    const exemplar = this.#byCell.get(cell);
    if (exemplar === undefined) this.#byCell.set(cell, { traceId, value, timeMs });
    else {
      exemplar.traceId = traceId;
      exemplar.value = value;
      exemplar.timeMs = timeMs;
    }
  }

  /** What follows a sample's value in OpenMetrics; empty if the cell has no exemplar. */
  text(cell: number): string {
    const exemplar = this.#byCell.get(cell);
    if (exemplar === undefined) return "";
    const { traceId, value, timeMs } = exemplar;
    return ` # {${label}="${escapeLabelValue(traceId)}"} ${formatValue(value)} ${formatSeconds(timeMs)}`;
  }

  /** Forgets the exemplars of cells `from` to `to`, `to` excluded. */
  clear(from: number, to: number): void {
    if (this.#byCell.size === 0) return;
    for (let cell = from; cell < to; cell++) this.#byCell.delete(cell);
  }
}

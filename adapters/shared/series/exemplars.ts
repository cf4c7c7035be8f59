import type { PointExemplar } from "../../../schemas/model/instance.ts";

/** A trace that a value came from. */
export interface Exemplar {
  traceId: string;
  value: number;
  timeMs: number;
  isTaken: boolean;
}

/** The most code points that OpenMetrics 1.0 allows in an exemplar's label names and values together. */
const maxCodePoints = 128;
/** The label that names the trace. */
export const exemplarLabel = "trace_id";

/** The latest exemplar of each counter series or histogram bucket, by cell number. */
export class Exemplars {
  readonly #byCell = new Map<number, Exemplar>();

  /** Keeps this as the cell's exemplar; a trace id too long for the format is passed over. */
  set(cell: number, traceId: string, value: number, timeMs: number): void {
    if (exemplarLabel.length + traceId.length > maxCodePoints) return;
    const exemplar = this.#byCell.get(cell);
    if (exemplar === undefined) this.#byCell.set(cell, { traceId, value, timeMs, isTaken: false });
    else {
      exemplar.traceId = traceId;
      exemplar.value = value;
      exemplar.timeMs = timeMs;
      exemplar.isTaken = false;
    }
  }

  /** The exemplar of a cell, if it has one. */
  of(cell: number): Exemplar | undefined {
    return this.#byCell.get(cell);
  }

  /** The exemplars of cells `from` to `to`, `to` excluded, that were set since they were last taken. */
  take(from: number, to: number): PointExemplar[] {
    const taken: PointExemplar[] = [];
    if (this.#byCell.size === 0) return taken;
    for (let cell = from; cell < to; cell++) {
      const exemplar = this.#byCell.get(cell);
      if (exemplar === undefined || exemplar.isTaken) continue;
      const { traceId, value, timeMs } = exemplar;
      taken.push({ traceId, value, timeMs });
      exemplar.isTaken = true;
    }
    return taken;
  }

  /** Forgets the exemplars of cells `from` to `to`, `to` excluded. */
  clear(from: number, to: number): void {
    if (this.#byCell.size === 0) return;
    for (let cell = from; cell < to; cell++) this.#byCell.delete(cell);
  }
}

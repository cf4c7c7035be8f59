import { ChunkReader, ChunkWriter, type Exemplar, Row } from "./chunk.ts";
import { Sketch } from "./sketch.ts";

/** Exemplars in one chunk at most. */
export const maxExemplars = 1024;

/** Brings exemplars down to a few: for each edge the newest error and the slowest. */
export class ExemplarChoice {
  readonly #edgeOf: (series: number) => number;
  readonly #errors = new Map<number, Exemplar>();
  readonly #slowest = new Map<number, Exemplar>();

  constructor(edgeOf: (series: number) => number) {
    this.#edgeOf = edgeOf;
  }

  /** Keeps it if it is newer or slower than what is kept of its edge; ties by trace id, so that order does not matter. */
  add(exemplar: Exemplar): void {
    const isError = exemplar.kind === "error";
    const kept = isError ? this.#errors : this.#slowest;
    const edge = this.#edgeOf(exemplar.series);
    const known = kept.get(edge);
    const rank = ({ at, duration = -1 }: Exemplar) => (isError ? at : duration);
    const ahead = known === undefined ? 1 : rank(exemplar) - rank(known) || (exemplar.traceId < known.traceId ? 1 : -1);
    if (ahead > 0) kept.set(edge, exemplar);
  }

  /** What was kept: errors first, newest first; then the slowest, slowest first. */
  chosen(limit: number): Exemplar[] {
    const byTrace = (a: Exemplar, b: Exemplar) => (a.traceId < b.traceId ? -1 : 1);
    const errors = [...this.#errors.values()].sort((a, b) => b.at - a.at || byTrace(a, b));
    const slowest = [...this.#slowest.values()].sort((a, b) => (b.duration ?? 0) - (a.duration ?? 0) || byTrace(a, b));
    return [...errors, ...slowest].slice(0, limit);
  }
}

/** Adds chunks up to one: a roll-up, or a bucket and what came late. */
export class ChunkMerger {
  readonly #rows = new Map<number, Row>();
  readonly #exemplars: ExemplarChoice;
  readonly #project: (series: number) => number;

  /** `project` says which series a row of a series goes to. */
  constructor(edgeOf: (series: number) => number, project: (series: number) => number = (series) => series) {
    this.#exemplars = new ExemplarChoice(edgeOf);
    this.#project = project;
  }

  /** Adds a chunk; nothing of it if it is damaged. */
  add(start: number, chunk: Uint8Array): void {
    const reader = new ChunkReader(start, chunk);
    while (reader.next()) {
      reader.read();
      addRow(this.#rowOf(this.#project(reader.series)), reader);
    }
    for (const exemplar of reader.exemplars()) {
      this.#exemplars.add({ ...exemplar, series: this.#project(exemplar.series) });
    }
  }

  /** The sum, as a chunk that starts at `start`. */
  finish(start: number): Uint8Array {
    const writer = new ChunkWriter(start);
    const series = [...this.#rows.keys()].sort((a, b) => a - b);
    for (const id of series) writer.add(id, this.#rows.get(id)!);
    return writer.finish(this.#exemplars.chosen(maxExemplars));
  }

  #rowOf(series: number): Row {
    const known = this.#rows.get(series);
    if (known !== undefined) return known;
    const row = new Row();
    this.#rows.set(series, row);
    return row;
  }
}

function addRow(row: Row, reader: ChunkReader): void {
  row.requests += reader.requests;
  row.errors += reader.errors;
  row.bytesIn += reader.bytesIn;
  row.bytesOut += reader.bytesOut;
  row.opened += reader.opened;
  row.closed += reader.closed;
  if (reader.first < row.first) row.first = reader.first;
  if (reader.last > row.last) row.last = reader.last;
  if (!reader.hasSketch) return;
  row.sketch ??= new Sketch();
  reader.mergeSketch(row.sketch);
}

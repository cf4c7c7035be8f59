import type { ChunkReader, Exemplar } from "../chunk.ts";
import { ExemplarChoice, maxExemplars } from "../chunk-merger.ts";
import { dimension, isEdgeOnly, mtls } from "../dimensions.ts";
import type { Outcome } from "../outcome.ts";
import { Sketch } from "../sketch.ts";
import { Cell, cellName } from "./cell.ts";
import { type Coverage, createCoverage, spansMayWin } from "./coverage.ts";
import { nodeOf, serviceIdOf } from "./naming.ts";
import type { NodeLevel } from "./query.ts";
import type { Range } from "./range.ts";
import { needsService } from "./reporter.ts";
import { type KnownSeries, type QueryView, scan } from "./scan.ts";
import type { SeriesFilter } from "./where.ts";

/** Sums of a range, in cells; and who told of which service, filtered out or not. */
export interface GraphSums {
  readonly cells: readonly Cell[];
  readonly coverage: Coverage;
}

/** How series are grouped into cells. */
export interface GraphGrouping {
  readonly level: NodeLevel;
  /** False for lists of services. */
  readonly withSource: boolean;
  readonly withExamples: boolean;
}

const sums = 6;
const unseen = 0;
const filteredOut = -1;

/** Reads a range into cells. Series seen at any time make cells too, without sums. */
export function* scanGraph(
  view: QueryView,
  range: Range,
  grouping: GraphGrouping,
  matches: SeriesFilter,
): Generator<void, GraphSums> {
  const cells = new CellTable(view, grouping, matches);
  yield* scan(view, { range }, ({ reader }) => cells.addChunk(reader));
  return cells.finish();
}

/** Sums by series while scanning, by cell at the end; durations by cell at once, because they take most memory. */
class CellTable {
  readonly #view: QueryView;
  readonly #grouping: GraphGrouping;
  readonly #matches: SeriesFilter;
  readonly #sums: Float64Array;
  readonly #seen: Uint8Array;
  /** By series: place in `#cells` + 1, or one of the marks above. */
  readonly #cellOf: Int32Array;
  readonly #cells: Cell[] = [];
  /** Durations by cell, beside the cells so that reading a row touches little memory. */
  readonly #sketches: Sketch[] = [];
  readonly #places = new Map<string, number>();
  readonly #examples: ExemplarChoice;

  constructor(view: QueryView, grouping: GraphGrouping, matches: SeriesFilter) {
    this.#view = view;
    this.#grouping = grouping;
    this.#matches = matches;
    this.#sums = new Float64Array(view.limit * sums);
    this.#seen = new Uint8Array(view.limit);
    this.#cellOf = new Int32Array(view.limit);
    this.#examples = new ExemplarChoice((series) => this.#placeOf(series));
  }

  /** Adds the rows of a chunk. */
  addChunk(reader: ChunkReader): void {
    const totals = this.#sums;
    while (reader.next()) {
      const { series } = reader;
      this.#seen[series] = 1;
      const place = this.#placeOf(series);
      if (place === filteredOut) continue;
      reader.read();
      const at = series * sums;
      totals[at]! += reader.requests;
      totals[at + 1]! += reader.errors;
      totals[at + 2]! += reader.bytesIn;
      totals[at + 3]! += reader.bytesOut;
      totals[at + 4]! += reader.opened;
      totals[at + 5]! += reader.closed;
      if (!reader.hasSketch) continue;
      reader.mergeSketch(this.#sketches[place - 1]!);
    }
    if (this.#grouping.withExamples) this.#addExamples(reader.exemplars());
  }

  /** The cells. */
  finish(): GraphSums {
    const coverage = createCoverage(this.#view, this.#seen);
    this.#view.each((series) => {
      if (series.id >= this.#seen.length) return;
      const place = this.#placeOf(series.id);
      if (place !== filteredOut) this.#addSums(this.#cells[place - 1]!, series);
    });
    for (const [index, cell] of this.#cells.entries()) {
      const sketch = this.#sketches[index]!;
      if (sketch.count > 0) cell.sketch = sketch;
    }
    for (const exemplar of this.#examples.chosen(this.#cells.length * 2 + maxExemplars)) this.#addExample(exemplar);
    return { cells: this.#cells, coverage };
  }

  #addSums(cell: Cell, series: KnownSeries): void {
    const at = series.id * sums;
    const [requests, errors, bytesIn, bytesOut, opened, closed] = this.#sums.subarray(at, at + sums);
    cell.requests += requests!;
    cell.errors += errors!;
    cell.bytesIn += bytesIn!;
    cell.bytesOut += bytesOut!;
    cell.opened += opened!;
    cell.closed += closed!;
    cell.securable += requests! + opened!;
    if (series.mtls === mtls.yes) cell.secured += requests! + opened!;
    cell.firstSeen = Math.min(cell.firstSeen, series.firstSeen);
    cell.lastSeen = Math.max(cell.lastSeen, series.lastSeen);
    if (requests! + closed! > 0) cell.addOutcome(outcomeOf(series), requests!, closed!);
  }

  #addExamples(exemplars: readonly Exemplar[]): void {
    for (const exemplar of exemplars) {
      if (this.#placeOf(exemplar.series) !== filteredOut) this.#examples.add(exemplar);
    }
  }

  #addExample({ series, kind, at, duration, traceId }: Exemplar): void {
    const code = this.#view.get(series)?.code ?? 0;
    this.#cells[this.#placeOf(series) - 1]!.examples.push({ kind, at, duration, code, traceId });
  }

  #placeOf(series: number): number {
    const known = this.#cellOf[series]!;
    if (known !== unseen) return known;
    const place = this.#findPlace(this.#view.get(series));
    this.#cellOf[series] = place;
    return place;
  }

  #findPlace(series: KnownSeries | undefined): number {
    if (series === undefined || !this.#matches(series)) return filteredOut;
    const { level, withSource } = this.#grouping;
    if (!withSource && isEdgeOnly(series.reporter)) return filteredOut;
    const key = {
      source: withSource ? nodeOf(series, "source", level) : undefined,
      destination: nodeOf(series, "destination", level),
      protocol: series.texts[dimension.protocol],
      reporter: series.reporter,
      service: needsService(series.reporter, spansMayWin(this.#view.sources)) ? serviceIdOf(series) : "",
    };
    const name = cellName(key);
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    const place = this.#cells.push(new Cell(key));
    this.#sketches.push(new Sketch());
    this.#places.set(name, place);
    return place;
  }
}

const outcomeOf = ({ code, texts }: KnownSeries): Outcome => ({
  code,
  grpcStatus: texts[dimension.grpcStatus],
  flags: texts[dimension.flags],
});

import type { ChunkReader } from "../chunk.ts";
import { isEdgeOnly, type SeriesKey, storedDimensions, textDimensions } from "../dimensions.ts";
import { Sketch } from "../sketch.ts";
import { keptByService } from "../store/dictionary.ts";
import { level, levels } from "../store/levels.ts";
import { packSketch } from "./cell.ts";
import { type Coverage, createCoverage, spansMayWin } from "./coverage.ts";
import { serviceIdOf } from "./naming.ts";
import { QueryFailure, type TimeseriesQuery } from "./query.ts";
import { countSteps, type Range } from "./range.ts";
import { needsService } from "./reporter.ts";
import { type QueryView, scan } from "./scan.ts";
import { type Label, type SumName, sumsFor, TimeCell, timeCellName } from "./time-cell.ts";
import { compileWhere, type Where } from "./where.ts";

/** Sums of a range by step, in cells; and who told of which service. */
export interface TimeSums {
  readonly range: Range;
  readonly step: number;
  readonly cells: readonly TimeCell[];
  readonly coverage: Coverage;
}

const serviceNames: ReadonlySet<string> = new Set([
  ...keptByService.flatMap((place) => textDimensions[place]!.attributes),
  "context.reporter.kind",
]);

/** Whether the roll-up by service can answer: nothing else is asked for, and its steps fit. */
const canUseServices = (by: readonly string[], { reads }: Where, step: number): boolean =>
  step % levels[level.serviceFiveMinutes]!.width === 0 && [...by, ...reads].every((name) => serviceNames.has(name));

/** Reads a range, whose start is a whole step, into cells. */
export function* scanTime(
  view: QueryView,
  query: TimeseriesQuery,
  range: Range,
  step: number,
): Generator<void, TimeSums> {
  const where = compileWhere(query.where, view.compile);
  const useServices = canUseServices(query.by, where, step);
  const table = new TimeTable(view, query, where, countSteps(range, step));
  yield* scan(view, { range, step, useServices }, ({ start, reader }) =>
    table.addChunk(Math.floor((start - range.from) / step), reader),
  );
  return { range, step, cells: table.finish(), coverage: table.coverage() };
}

const unseen = 0;
const filteredOut = -1;

/** Cells while reading; chunks come in order of time, so only one step's durations are open at a time. */
class TimeTable {
  readonly #view: QueryView;
  readonly #by: readonly ((key: SeriesKey) => Label)[];
  readonly #matches: Where["matches"];
  readonly #steps: number;
  readonly #names: readonly SumName[];
  readonly #withSketches: boolean;
  readonly #cells: TimeCell[] = [];
  readonly #places = new Map<string, number>();
  readonly #cellOf: Int32Array;
  readonly #seen: Uint8Array;
  #touched: TimeCell[] = [];
  #step = 0;

  constructor(view: QueryView, query: TimeseriesQuery, { matches }: Where, steps: number) {
    this.#view = view;
    this.#by = query.by.map(labelReader);
    this.#matches = matches;
    this.#steps = steps;
    this.#names = sumsFor(query.measures);
    this.#withSketches = query.measures.includes("duration");
    this.#cellOf = new Int32Array(view.limit);
    this.#seen = new Uint8Array(view.limit);
  }

  /** Adds the rows of a chunk to a step. */
  addChunk(step: number, reader: ChunkReader): void {
    if (step !== this.#step) this.#closeStep();
    this.#step = step;
    while (reader.next()) {
      this.#seen[reader.series] = 1;
      const place = this.#placeOf(reader.series);
      if (place === filteredOut) continue;
      reader.read();
      this.#addRow(this.#cells[place - 1]!, step, reader);
    }
  }

  /** The cells, once everything is read. */
  finish(): TimeCell[] {
    this.#closeStep();
    return this.#cells;
  }

  /** Who told of which service. */
  coverage(): Coverage {
    return createCoverage(this.#view, this.#seen);
  }

  #addRow(cell: TimeCell, step: number, reader: ChunkReader): void {
    for (const [name, values] of cell.sums) values[step]! += reader[name];
    if (!this.#withSketches || !reader.hasSketch) return;
    cell.current ??= new Sketch();
    if (cell.current.count === 0) this.#touched.push(cell);
    reader.mergeSketch(cell.current);
  }

  #closeStep(): void {
    for (const cell of this.#touched) {
      cell.sketches[this.#step] = packSketch(cell.current);
      cell.current?.clear();
    }
    this.#touched = [];
  }

  #placeOf(series: number): number {
    const known = this.#cellOf[series]!;
    if (known !== unseen) return known;
    const key = this.#view.get(series);
    const isShown = key !== undefined && !isEdgeOnly(key.reporter) && this.#matches(key);
    const place = isShown ? this.#cellPlace(key) : filteredOut;
    this.#cellOf[series] = place;
    return place;
  }

  #cellPlace(series: SeriesKey): number {
    const { reporter } = series;
    const service = needsService(reporter, spansMayWin(this.#view.sources)) ? serviceIdOf(series) : "";
    const key = { labels: this.#by.map((read) => read(series)), reporter, service };
    const name = timeCellName(key);
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    this.#checkRoom();
    const place = this.#cells.push(new TimeCell(key, this.#names, this.#steps));
    this.#places.set(name, place);
    return place;
  }

  #checkRoom(): void {
    const { maxCells } = this.#view.limits;
    if ((this.#cells.length + 1) * this.#steps * this.#names.length <= maxCells) return;
    const message = `more than ${maxCells} groups times steps: ask for fewer attributes, a longer step or a shorter range`;
    throw new QueryFailure("tooLarge", { parameter: "by", message });
  }
}

function labelReader(name: string): (key: SeriesKey) => Label {
  const found = storedDimensions.find((stored) => stored.name === name);
  return (key) => {
    const value = found?.read(key);
    return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
  };
}

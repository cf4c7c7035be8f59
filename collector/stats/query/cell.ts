import type { Outcome } from "../outcome.ts";
import { mergeSketch, Sketch, writeSketch } from "../sketch.ts";
import { ByteReader, ByteWriter } from "../varint.ts";
import type { NodeName } from "./naming.ts";
import type { Reported } from "./reporter.ts";

/** How many requests, or closed TCP connections, ended in one way. */
export interface OutcomeCount extends Outcome {
  requests: number;
  connections: number;
}

/** A request with a trace, worth showing. */
export interface Example {
  readonly kind: "slowest" | "error";
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Nanoseconds. */
  readonly duration: number | undefined;
  readonly code: number;
  readonly traceId: string;
}

/** What tells one cell from another. */
export interface CellKey extends Reported {
  /** Absent in lists of services. */
  readonly source: NodeName | undefined;
  readonly destination: NodeName;
  readonly protocol: string | undefined;
}

/** Sums of one edge (or destination) by protocol and reporter: the smallest part of an answer that stores can add up. */
export class Cell {
  readonly key: CellKey;
  requests = 0;
  errors = 0;
  bytesIn = 0;
  bytesOut = 0;
  opened = 0;
  closed = 0;
  /** Requests and opened connections over mutual TLS, and over anything. */
  secured = 0;
  securable = 0;
  firstSeen = Number.POSITIVE_INFINITY;
  lastSeen = Number.NEGATIVE_INFINITY;
  sketch: Sketch | undefined;
  readonly outcomes = new Map<string, OutcomeCount>();
  examples: Example[] = [];

  constructor(key: CellKey) {
    this.key = key;
  }

  /** Whether anything passed in the range, as opposed to earlier. */
  get hasTraffic(): boolean {
    return this.requests + this.opened + this.closed + this.bytesIn + this.bytesOut > 0;
  }

  /** Adds requests and connections that ended in one way. */
  addOutcome({ code, grpcStatus, flags }: Outcome, requests: number, connections: number): void {
    const name = `${code} ${grpcStatus?.length} ${grpcStatus} ${flags}`;
    const known = this.outcomes.get(name) ?? { code, grpcStatus, flags, requests: 0, connections: 0 };
    known.requests += requests;
    known.connections += connections;
    this.outcomes.set(name, known);
  }

  /** Adds what another store says of the same cell. */
  merge(other: Cell): void {
    this.requests += other.requests;
    this.errors += other.errors;
    this.bytesIn += other.bytesIn;
    this.bytesOut += other.bytesOut;
    this.opened += other.opened;
    this.closed += other.closed;
    this.secured += other.secured;
    this.securable += other.securable;
    this.firstSeen = Math.min(this.firstSeen, other.firstSeen);
    this.lastSeen = Math.max(this.lastSeen, other.lastSeen);
    for (const outcome of other.outcomes.values()) this.addOutcome(outcome, outcome.requests, outcome.connections);
    this.examples = chooseExamples([...this.examples, ...other.examples]);
    if (other.sketch === undefined) return;
    this.sketch ??= new Sketch();
    this.sketch.merge(other.sketch);
  }
}

/** The name under which cells are the same; ids hold no line breaks. */
export const cellName = ({ source, destination, protocol, reporter, service }: CellKey): string =>
  `${source?.id ?? ""}\n${destination.id}\n${reporter}\n${service}\n${protocol === undefined ? "" : `=${protocol}`}`;

/** Adds up cells of several stores. */
export function mergeCells(cells: Iterable<Cell>): Cell[] {
  const merged = new Map<string, Cell>();
  for (const cell of cells) {
    const name = cellName(cell.key);
    const known = merged.get(name) ?? new Cell(cell.key);
    merged.set(name, known);
    known.merge(cell);
  }
  return [...merged.values()];
}

const examplesOfAKind = 2;

/** The newest errors and the slowest requests; ties by trace id, so that the order of merging does not matter. */
export function chooseExamples(examples: readonly Example[]): Example[] {
  const byTrace = (a: Example, b: Example) => (a.traceId < b.traceId ? -1 : a.traceId > b.traceId ? 1 : 0);
  const errors = examples.filter(({ kind }) => kind === "error").sort((a, b) => b.at - a.at || byTrace(a, b));
  const slowest = examples
    .filter(({ kind }) => kind === "slowest")
    .sort((a, b) => (b.duration ?? -1) - (a.duration ?? -1) || byTrace(a, b));
  return [...errors.slice(0, examplesOfAKind), ...slowest.slice(0, examplesOfAKind)];
}

/** A sketch as bytes, to cross a thread or a network; undefined for none. */
export function packSketch(sketch: Sketch | undefined): Uint8Array | undefined {
  if (sketch === undefined || sketch.count === 0) return undefined;
  const writer = new ByteWriter();
  writeSketch(writer, sketch);
  return writer.finish();
}

/** Adds a packed sketch. */
export function mergePacked(bytes: Uint8Array, into: Sketch): void {
  mergeSketch(new ByteReader(bytes), into);
}

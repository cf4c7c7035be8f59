import { isInbound, reporterClass } from "../dimensions.ts";
import type { Outcome } from "../outcome.ts";
import { Sketch } from "../sketch.ts";
import { type Cell, chooseExamples, type Example } from "./cell.ts";

/** How many ended in one way, by protocol. */
export interface ProtocolOutcome extends Outcome {
  readonly protocol: string | undefined;
  requests: number;
  connections: number;
}

/** The sum of cells that make one line of an answer. */
export class Total {
  requests = 0;
  errors = 0;
  bytesIn = 0;
  bytesOut = 0;
  opened = 0;
  closed = 0;
  secured = 0;
  securable = 0;
  firstSeen = Number.POSITIVE_INFINITY;
  lastSeen = Number.NEGATIVE_INFINITY;
  /** What counts; its outcomes, durations and examples are added up when asked for, because most lines are never shown. */
  readonly #counted: Cell[] = [];
  #outcomes: readonly ProtocolOutcome[] | undefined;
  seenInbound = false;
  seenOutbound = false;

  /** Adds a cell: what it says of being seen always, its sums only if it counts. */
  add(cell: Cell, isCounted: boolean): void {
    this.#see(cell);
    if (!isCounted) return;
    this.requests += cell.requests;
    this.errors += cell.errors;
    this.bytesIn += cell.bytesIn;
    this.bytesOut += cell.bytesOut;
    this.opened += cell.opened;
    this.closed += cell.closed;
    this.#counted.push(cell);
  }

  /** Durations. */
  sketch(): Sketch {
    const [first, ...rest] = this.#counted.flatMap(({ sketch }) => sketch ?? []);
    if (first === undefined || rest.length === 0) return first ?? new Sketch();
    const sum = new Sketch();
    for (const sketch of [first, ...rest]) sum.merge(sketch);
    return sum;
  }

  /** How requests and connections ended. */
  outcomes(): readonly ProtocolOutcome[] {
    this.#outcomes ??= sumOutcomes(this.#counted);
    return this.#outcomes;
  }

  /** A few example requests. */
  examples(): Example[] {
    return chooseExamples(this.#counted.flatMap(({ examples }) => examples));
  }

  /** Whether it was seen before a time in seconds since the epoch. */
  wasSeenBefore(seconds: number): boolean {
    return this.firstSeen < seconds * 1000;
  }

  /** Takes over when another total was seen. */
  seeToo({ firstSeen, lastSeen }: Total): void {
    this.firstSeen = Math.min(this.firstSeen, firstSeen);
    this.lastSeen = Math.max(this.lastSeen, lastSeen);
  }

  /** Whether anything passed. */
  get hasTraffic(): boolean {
    return this.requests + this.opened + this.closed + this.bytesIn + this.bytesOut > 0;
  }

  #see(cell: Cell): void {
    const { reporter } = cell.key;
    this.firstSeen = Math.min(this.firstSeen, cell.firstSeen);
    this.lastSeen = Math.max(this.lastSeen, cell.lastSeen);
    if (reporter === reporterClass.inbound) {
      this.secured += cell.secured;
      this.securable += cell.securable;
    }
    if (!cell.hasTraffic) return;
    if (isInbound(reporter)) this.seenInbound = true;
    else if (reporter !== reporterClass.unknown) this.seenOutbound = true;
  }
}

function sumOutcomes(cells: readonly Cell[]): ProtocolOutcome[] {
  const sums = new Map<string, ProtocolOutcome>();
  for (const { key, outcomes } of cells) {
    for (const [name, { code, grpcStatus, flags, requests, connections }] of outcomes) {
      const place = `${key.protocol}\n${name}`;
      const known = sums.get(place) ?? { protocol: key.protocol, code, grpcStatus, flags, requests: 0, connections: 0 };
      known.requests += requests;
      known.connections += connections;
      sums.set(place, known);
    }
  }
  return [...sums.values()];
}

/** A total of a map, made if it is not there. */
export function totalOf<Key>(totals: Map<Key, Total>, key: Key): Total {
  const known = totals.get(key);
  if (known !== undefined) return known;
  const made = new Total();
  totals.set(key, made);
  return made;
}

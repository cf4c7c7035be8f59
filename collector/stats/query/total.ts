import { reporterClass } from "../dimensions.ts";
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
  readonly #sketches: Sketch[] = [];
  readonly outcomes = new Map<string, ProtocolOutcome>();
  examples: Example[] = [];
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
    if (cell.sketch !== undefined) this.#sketches.push(cell.sketch);
    for (const outcome of cell.outcomes.values()) this.#addOutcome(cell.key.protocol, outcome);
    if (cell.examples.length > 0) this.examples = chooseExamples([...this.examples, ...cell.examples]);
  }

  /** Durations, added up when asked for: most lines are never shown. */
  sketch(): Sketch {
    const [first, ...rest] = this.#sketches;
    if (first === undefined) return new Sketch();
    if (rest.length === 0) return first;
    const sum = new Sketch();
    for (const sketch of this.#sketches) sum.merge(sketch);
    return sum;
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
    if (reporter === reporterClass.inbound) this.seenInbound = true;
    else if (reporter !== reporterClass.unknown) this.seenOutbound = true;
  }

  #addOutcome(protocol: string | undefined, { code, grpcStatus, flags, requests, connections }: CellOutcome): void {
    const name = JSON.stringify([protocol, code, grpcStatus, flags]);
    const known = this.outcomes.get(name);
    if (known === undefined) {
      this.outcomes.set(name, { protocol, code, grpcStatus, flags, requests, connections });
      return;
    }
    known.requests += requests;
    known.connections += connections;
  }
}

type CellOutcome = Outcome & { readonly requests: number; readonly connections: number };

/** A total of a map, made if it is not there. */
export function totalOf<Key>(totals: Map<Key, Total>, key: Key): Total {
  const known = totals.get(key);
  if (known !== undefined) return known;
  const made = new Total();
  totals.set(key, made);
  return made;
}

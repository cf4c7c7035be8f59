import type { JoinedDecision } from "../../../schemas/model/decision.ts";

/** Numbers of a row: hashes of the request's id, of what else tells requests apart (0: unknown), and of the decision's id. */
export const field = {
  ...{ first: 0, second: 1, method: 2, path: 3, host: 4, local: 5 },
  ...{ decisionFirst: 6, decisionSecond: 7 },
  /** Milliseconds since the table began. */
  time: 8,
  /** Counts decisions, so that those of the same millisecond have an order. */
  order: 9,
  joined: 10,
  content: 11,
} as const;

const rowWidth = 12;
const minRows = 512;
/** Places of the index for each row. */
const spread = 2;
/** Of a place: the row, counted from 1, and beside it the same bits of the id's hash, so that hardly any other row is looked at. */
const rowBits = 0xffff;
/** Rows that a table has at the most. */
export const maxRows = rowBits;

/**
 * Decisions by the id of their request, several for one if need be. Nothing of a request is held but hashes, so that the memory is small and of known
 * size; and rows lie in the order of the decisions, in which records of their requests come, too, so that they are at hand.
 */
export class DecisionTable {
  readonly sinceMs: number;
  rows = new Int32Array(minRows * rowWidth);
  /** Decisions that came in. */
  size = 0;
  /** Decisions that no record was joined to yet. */
  unjoined = 0;
  #rows = 0;
  /** Open addressing; 0 is free. */
  #index = new Int32Array(minRows * spread);
  readonly #contents: JoinedDecision[] = [];
  /** The content met last, by rule: most decisions say the same as the one before. */
  readonly #lastOf = new Map<string, number>();

  constructor(sinceMs: number) {
    this.sinceMs = sinceMs;
  }

  /** Calls back for each row of an id. */
  each(first: number, second: number, visit: (table: DecisionTable, row: number) => void): void {
    const index = this.#index;
    const mask = index.length - 1;
    for (let place = first & mask; index[place] !== 0; place = (place + 1) & mask) {
      const entry = index[place]!;
      if ((entry ^ first) & ~rowBits) continue;
      const row = ((entry & rowBits) - 1) * rowWidth;
      if (this.rows[row] === first && this.rows[row + field.second] === second) visit(this, row);
    }
  }

  /** What the decision of a row says. */
  contentOf(row: number): JoinedDecision {
    return this.#contents[this.rows[row + field.content]!]!;
  }

  /** A row for another decision on the request of an id. */
  add(first: number, second: number): number {
    if (this.#rows * rowWidth === this.rows.length) this.#grow();
    const row = this.#rows++ * rowWidth;
    this.rows[row + field.first] = first;
    this.rows[row + field.second] = second;
    this.#enter(first, row);
    this.renew(row);
    return row;
  }

  /** Makes a row the newest, which no record was joined to. */
  renew(row: number): void {
    this.rows[row + field.order] = this.size++;
    this.rows[row + field.joined] = 0;
    this.unjoined++;
  }

  /** Notes that a record was joined to a row. */
  join(row: number): void {
    if (this.rows[row + field.joined] === 1) return;
    this.rows[row + field.joined] = 1;
    this.unjoined--;
  }

  /** Says what the decision of a row says. */
  fill(row: number, content: JoinedDecision): void {
    const last = this.#lastOf.get(content.rule);
    const isSame = last !== undefined && saysTheSame(this.#contents[last]!, content);
    const place = isSame ? last : this.#contents.push(content) - 1;
    if (!isSame) this.#lastOf.set(content.rule, place);
    this.rows[row + field.content] = place;
  }

  #enter(first: number, row: number): void {
    const index = this.#index;
    const mask = index.length - 1;
    let place = first & mask;
    while (index[place] !== 0) place = (place + 1) & mask;
    index[place] = (first & ~rowBits) | (row / rowWidth + 1);
  }

  #grow(): void {
    const rows = new Int32Array(this.rows.length * 2);
    rows.set(this.rows);
    this.rows = rows;
    this.#index = new Int32Array(this.#index.length * 2);
    for (let row = 0; row < this.#rows * rowWidth; row += rowWidth) this.#enter(rows[row + field.first]!, row);
  }
}

function saysTheSame(a: JoinedDecision, b: JoinedDecision): boolean {
  const isSameShadow = a.shadow?.allowed === b.shadow?.allowed && a.shadow?.rule === b.shadow?.rule;
  return isSameShadow && a.revision === b.revision && a.code === b.code && a.message === b.message;
}

import type { Address } from "../../../schemas/model/access-log.ts";
import type { DecidedRequest } from "../../../schemas/model/decision.ts";
import { type DecisionTable, field } from "./decision-table.ts";
import type { TextHash } from "./text-hash.ts";

/** The hash of an address; 0 for none. */
export function hashOfAddress(hash: TextHash, address: Address | undefined): number {
  if (address?.ip === undefined) return 0;
  return hash.short(address.ip) ^ Math.imul((address.port ?? 0) + 1, 0x9e37_79b1) || 1;
}

/**
 * Which of the decisions under one request id is the one on this request.
 *
 * Where the proxy tells the decision's id, that one or none. Else those on the same method and path, as far as both tell: each hop of a request
 * may have changed them. Of these the one that the same proxy asked for, by the address that the request came to; else the one on the same host,
 * which proxies rewrite; else any. So whoever passed the request on without asking tells what was decided elsewhere. Of several that are left the
 * request was tried more than once: the last that was decided before it ended.
 */
export class DecisionChoice {
  /** The best so far. */
  table: DecisionTable | undefined;
  row = 0;
  /** How many there were to choose from. */
  considered = 0;
  readonly #hash: TextHash;
  #request!: DecidedRequest;
  #isTold = false;
  #first = 0;
  #second = 0;

  constructor(hash: TextHash) {
    this.#hash = hash;
  }

  /** Turns to another request. */
  begin(request: DecidedRequest): void {
    this.table = undefined;
    this.considered = 0;
    this.#request = request;
    this.#isTold = request.hashToldId(this.#hash);
    this.#first = this.#hash.first;
    this.#second = this.#hash.second;
  }

  /** Takes a decision under the request's id into account. */
  readonly consider = (table: DecisionTable, row: number): void => {
    this.considered++;
    if (!this.#fits(table.rows, row)) return;
    if (this.table !== undefined && !this.#isBetter(table, row, this.table, this.row)) return;
    this.table = table;
    this.row = row;
  };

  #fits(rows: Int32Array, row: number): boolean {
    if (this.#isTold)
      return rows[row + field.decisionFirst] === this.#first && rows[row + field.decisionSecond] === this.#second;
    const { method, path } = this.#request;
    return (
      agrees(rows[row + field.method]!, this.#hash.short(method)) &&
      agrees(rows[row + field.path]!, this.#hash.short(path))
    );
  }

  #isBetter(table: DecisionTable, row: number, before: DecisionTable, bestRow: number): boolean {
    const ahead = this.#rankOf(table.rows, row) - this.#rankOf(before.rows, bestRow);
    if (ahead !== 0) return ahead > 0;
    const [time, best] = [timeOf(table, row), timeOf(before, bestRow)];
    const endMs = this.#request.endMs ?? Number.POSITIVE_INFINITY;
    const isLater =
      time === best && table === before
        ? table.rows[row + field.order]! > before.rows[bestRow + field.order]!
        : time > best;
    return isLater ? time <= endMs : best > endMs;
  }

  #rankOf(rows: Int32Array, row: number): number {
    const { local, host } = this.#request;
    const isOwn = local !== undefined && rows[row + field.local] === hashOfAddress(this.#hash, local);
    return (isOwn ? 2 : 0) + (rows[row + field.host] === this.#hash.short(host) ? 1 : 0);
  }
}

const agrees = (a: number, b: number): boolean => a === 0 || b === 0 || a === b;

/** When the decision of a row was made, in milliseconds since the epoch. */
const timeOf = (table: DecisionTable, row: number): number => table.sinceMs + table.rows[row + field.time]!;

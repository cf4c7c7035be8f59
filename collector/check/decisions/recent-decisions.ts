import { slotOf } from "../../../schemas/attributes/vocabulary.ts";
import type { DecidedRequest, FindDecision, JoinedDecision } from "../../../schemas/model/decision.ts";
import type { Value } from "../../../schemas/model/value.ts";
import type { Verdict } from "../../../schemas/model/verdict.ts";
import { DecisionChoice, hashOfAddress } from "./choose-decision.ts";
import { DecisionTable, field, maxRows } from "./decision-table.ts";
import { TextHash } from "./text-hash.ts";

/** Decisions of the last moments by request id, until the records of the request come. */
export interface RecentDecisions {
  note(verdict: Verdict, values: readonly (Value | undefined)[]): void;
  readonly find: FindDecision;
  counters(): JoinCounters;
}

/** How much is remembered. */
export interface RecentOptions {
  /** Decisions at once, at the most; the older half goes at once. */
  readonly maxDecisions: number;
  /** How long at least, as far as there is room; at most twice as long, while there are others. */
  readonly keepMs: number;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Whole numbers that nobody can guess. */
  readonly seeds: readonly [number, number];
}

/** What became of records and decisions that were to be joined, since the hub started. */
export interface JoinCounters {
  /** Records by where their decision came from; `mismatch`: decisions were known under the request's id, and none was on this request. */
  readonly records: { readonly memory: number; readonly metadata: number; readonly mismatch: number };
  /** Decisions that no record was joined to, by why not. */
  readonly unjoined: {
    readonly expired: number;
    readonly full: number;
    readonly hops: number;
    readonly no_request_id: number;
  };
}

/** Hops and attempts of one request that may have a decision each; the oldest goes first. */
const MAX_HOPS = 8;

const FINDS_BETWEEN_LOOKS = 256;
const MAX_MESSAGE = 512;

const slots = {
  id: slotOf("request.id"),
  method: slotOf("request.method"),
  path: slotOf("request.url_path"),
  host: slotOf("request.host"),
  localIp: slotOf("destination.ip"),
  localPort: slotOf("destination.port"),
};

/** A bounded memory of decisions: two tables, of which the older one goes when the other is full or has served its time. */
export function createRecentDecisions({ maxDecisions, keepMs, now, seeds }: RecentOptions): RecentDecisions {
  const records = { memory: 0, metadata: 0, mismatch: 0 };
  const unjoined = { expired: 0, full: 0, hops: 0, no_request_id: 0 };
  const hash = new TextHash(seeds);
  const choice = new DecisionChoice(hash);
  let recent = new DecisionTable(now());
  let older = new DecisionTable(recent.sinceMs);

  const turn = (nowMs: number) => {
    unjoined[nowMs - recent.sinceMs >= keepMs ? "expired" : "full"] += older.unjoined;
    older = recent;
    recent = new DecisionTable(nowMs);
  };
  /** Looks at the clock now and then, since that takes as long as finding a decision. */
  let finds = 0;
  const turnIfOld = () => {
    if (++finds % FINDS_BETWEEN_LOOKS !== 0) return;
    const nowMs = now();
    if (nowMs - recent.sinceMs >= keepMs) turn(nowMs);
  };
  /** A row for another decision on a request: that of the oldest, if there are too many. */
  const rowFor = (first: number, second: number): number => {
    let oldest = -1;
    let count = 0;
    recent.each(first, second, ({ rows }, row) => {
      count++;
      if (oldest < 0 || rows[row + field.order]! < rows[oldest + field.order]!) oldest = row;
    });
    if (count < MAX_HOPS) return recent.add(first, second);
    if (recent.rows[oldest + field.joined] === 0) unjoined.hops++;
    recent.join(oldest);
    recent.renew(oldest);
    return oldest;
  };
  const findKnown = (first: number, second: number, request: DecidedRequest): JoinedDecision | undefined => {
    choice.begin(request);
    if (older.size > 0) older.each(first, second, choice.consider);
    recent.each(first, second, choice.consider);
    const { table, row, considered } = choice;
    if (table === undefined) {
      if (considered > 0 && request.told === undefined) records.mismatch++;
      return undefined;
    }
    records.memory++;
    table.join(row);
    return table.contentOf(row);
  };

  return {
    note({ id: decisionId, rule, revision, shadow, denial }, values) {
      const id = textAt(values, slots.id);
      if (id === undefined) {
        unjoined.no_request_id++;
        return;
      }
      const nowMs = now();
      if (nowMs - recent.sinceMs >= keepMs || recent.size >= Math.min(maxDecisions / 2, maxRows)) turn(nowMs);
      hash.text(id);
      const { first, second } = hash;
      const row = rowFor(first, second);
      const { rows } = recent;
      rows[row + field.method] = hash.short(textAt(values, slots.method));
      rows[row + field.path] = hash.short(textAt(values, slots.path));
      rows[row + field.host] = hash.short(textAt(values, slots.host));
      const port = values[slots.localPort];
      const local = { ip: textAt(values, slots.localIp), port: typeof port === "number" ? port : undefined };
      rows[row + field.local] = hashOfAddress(hash, local);
      rows[row + field.time] = nowMs - recent.sinceMs;
      hash.text(decisionId);
      rows[row + field.decisionFirst] = hash.first;
      rows[row + field.decisionSecond] = hash.second;
      recent.fill(row, { rule, revision, shadow, code: denial?.code ?? 0, message: shortened(denial?.message) });
    },
    find(request) {
      if (recent.size + older.size > 0) {
        turnIfOld();
        if (request.hashId(hash)) {
          const known = findKnown(hash.first, hash.second, request);
          if (known !== undefined) return known;
        }
      }
      const { told } = request;
      if (told !== undefined) records.metadata++;
      return told;
    },
    counters: () => ({ records, unjoined }),
  };
}

/** The beginning of a long text. It is a text of its own, so that it does not keep the whole in memory. */
const shortened = (text = ""): string =>
  text.length <= MAX_MESSAGE ? text : Buffer.from(text.slice(0, MAX_MESSAGE)).toString();

function textAt(values: readonly (Value | undefined)[], slot: number): string | undefined {
  const value = values[slot];
  return typeof value === "string" ? value : undefined;
}

import { slotOf } from "../../../schemas/attributes/vocabulary.ts";
import type { DecidedRequest, FindDecision } from "../../../schemas/model/decision.ts";
import type { Value } from "../../../schemas/model/value.ts";
import type { Verdict } from "../../../schemas/model/verdict.ts";
import { chooseDecision, type Remembered, shortened } from "./choose-decision.ts";

/** Decisions of the last moments by request id, until the records of the request come. */
export interface RecentDecisions {
  note(verdict: Verdict, values: readonly (Value | undefined)[]): void;
  readonly find: FindDecision;
  counters(): JoinCounters;
}

/** How much is remembered. */
export interface RecentOptions {
  /** Request ids at once, at the most; the older half goes at once. */
  readonly maxRequests: number;
  readonly keepMs: number;
  /** Milliseconds since the epoch. */
  now(): number;
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

interface Entry extends Remembered {
  joined: boolean;
}

interface Generation {
  readonly sinceMs: number;
  readonly requests: Map<string, Entry[]>;
  unjoined: number;
}

/** Hops and attempts of one request that may have a decision each; the oldest go first. */
const MAX_HOPS = 8;

const slots = {
  id: slotOf("request.id"),
  method: slotOf("request.method"),
  path: slotOf("request.url_path"),
  host: slotOf("request.host"),
  localIp: slotOf("destination.ip"),
  localPort: slotOf("destination.port"),
};

/** A bounded memory of decisions. */
export function createRecentDecisions({ maxRequests, keepMs, now }: RecentOptions): RecentDecisions {
  const records = { memory: 0, metadata: 0, mismatch: 0 };
  const unjoined = { expired: 0, full: 0, hops: 0, no_request_id: 0 };
  const newGeneration = (sinceMs: number): Generation => ({ sinceMs, requests: new Map(), unjoined: 0 });
  // Two generations: a Map gets slow where its oldest entries are deleted one by one.
  let recent = newGeneration(now());
  let older = newGeneration(recent.sinceMs);

  const turn = (nowMs: number) => {
    unjoined[nowMs - recent.sinceMs >= keepMs ? "expired" : "full"] += older.unjoined;
    older = recent;
    recent = newGeneration(nowMs);
  };
  /** The decisions of a request in the generation that is kept longest. */
  const renewed = (request: string): Entry[] => {
    const known = recent.requests.get(request);
    if (known !== undefined) return known;
    const entries = older.requests.get(request) ?? [];
    const waiting = entries.filter(({ joined }) => !joined).length;
    older.unjoined -= waiting;
    if (recent.requests.size >= maxRequests / 2) turn(now());
    recent.unjoined += waiting;
    recent.requests.set(request, entries);
    return entries;
  };
  const markJoined = (request: string, entry: Entry) => {
    if (entry.joined) return;
    entry.joined = true;
    (recent.requests.has(request) ? recent : older).unjoined--;
  };
  const findKnown = (request: string, asked: DecidedRequest): Entry | undefined => {
    const nowMs = now();
    if (nowMs - recent.sinceMs >= keepMs) turn(nowMs);
    const entries = recent.requests.get(request) ?? older.requests.get(request);
    if (entries === undefined) return undefined;
    const kept = entries.filter(({ timeMs }) => timeMs + keepMs > nowMs);
    const found = chooseDecision(kept, asked) as Entry | undefined;
    if (found !== undefined) markJoined(request, found);
    else if (kept.length > 0 && asked.told === undefined) records.mismatch++;
    return found;
  };

  return {
    note(verdict, values) {
      const id = textAt(values, slots.id);
      if (id === undefined) {
        unjoined.no_request_id++;
        return;
      }
      const timeMs = now();
      if (timeMs - recent.sinceMs >= keepMs) turn(timeMs);
      const entries = renewed(id);
      if (entries.length === MAX_HOPS && entries.shift()?.joined === false) {
        unjoined.hops++;
        recent.unjoined--;
      }
      entries.push(toEntry(verdict, values, timeMs));
      recent.unjoined++;
    },
    find(request) {
      const isEmpty = recent.requests.size + older.requests.size === 0;
      const id = isEmpty ? undefined : request.id;
      const found = id === undefined ? undefined : findKnown(shortened(id), request);
      if (found !== undefined) records.memory++;
      else if (request.told !== undefined) records.metadata++;
      return found ?? request.told;
    },
    counters: () => ({ records, unjoined }),
  };
}

function toEntry(verdict: Verdict, values: readonly (Value | undefined)[], timeMs: number): Entry {
  const { id, rule, revision, shadow, denial } = verdict;
  const port = values[slots.localPort];
  return {
    ...{ id, rule, revision, shadow, code: denial?.code ?? 0, message: shortened(denial?.message ?? "") },
    method: textAt(values, slots.method),
    path: textAt(values, slots.path),
    host: textAt(values, slots.host),
    local: { ip: textAt(values, slots.localIp), port: typeof port === "number" ? port : undefined },
    ...{ timeMs, joined: false },
  };
}

function textAt(values: readonly (Value | undefined)[], slot: number): string | undefined {
  const value = values[slot];
  return typeof value === "string" ? shortened(value) : undefined;
}

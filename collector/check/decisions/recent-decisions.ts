import { slotOf } from "../../../schemas/attributes/vocabulary.ts";
import type { DecidedRequest, FindDecision, JoinedDecision } from "../../../schemas/model/decision.ts";
import type { Value } from "../../../schemas/model/value.ts";
import type { Verdict } from "../../../schemas/model/verdict.ts";

/** Decisions of the last moments by request id, until the record of the request comes. */
export interface RecentDecisions {
  note(verdict: Verdict, values: readonly (Value | undefined)[]): void;
  readonly find: FindDecision;
}

/** How much is remembered. */
export interface RecentOptions {
  /** Request ids at once, at the most; the older half goes at once. */
  readonly maxRequests: number;
  readonly keepMs: number;
  /** Milliseconds; only differences count. */
  now(): number;
}

interface Remembered extends JoinedDecision, Omit<DecidedRequest, "id" | "decisionId"> {
  readonly id: string;
  readonly untilMs: number;
}

/** Hops of one request that may have a decision each; the oldest go first. */
const MAX_HOPS = 8;

const slots = {
  id: slotOf("request.id"),
  method: slotOf("request.method"),
  path: slotOf("request.url_path"),
  host: slotOf("request.host"),
};

/** A bounded memory of decisions. */
export function createRecentDecisions({ maxRequests, keepMs, now }: RecentOptions): RecentDecisions {
  // Two generations: a Map gets slow where its oldest entries are deleted one by one.
  let recent = new Map<string, Remembered[]>();
  let older: typeof recent = new Map();

  const remember = (request: string, decisions: Remembered[]) => {
    if (recent.size >= maxRequests / 2) {
      older = recent;
      recent = new Map();
    }
    recent.set(request, decisions);
  };
  const decisionsOn = (request: string) => recent.get(request) ?? older.get(request);

  return {
    note({ id, rule, revision, shadow, denial }, values) {
      const request = textAt(values, slots.id);
      if (request === undefined) return;
      const decision = {
        ...{ id, rule, revision, shadow, code: denial?.code ?? 0, message: denial?.message ?? "" },
        method: textAt(values, slots.method),
        path: textAt(values, slots.path),
        host: textAt(values, slots.host),
        untilMs: now() + keepMs,
      };
      const known = decisionsOn(request);
      if (known === undefined) return remember(request, [decision]);
      if (known.length === MAX_HOPS) known.shift();
      known.push(decision);
      if (!recent.has(request)) remember(request, known);
    },
    find(request) {
      const nowMs = now();
      const fitting = decisionsOn(request.id)?.filter((known) => known.untilMs > nowMs && fits(known, request)) ?? [];
      return fitting.findLast(({ host }) => host === request.host) ?? fitting.at(-1);
    },
  };
}

/** Whether a decision may be on this request: a proxy rewrites hosts, so they only prefer one. */
function fits(known: Remembered, { decisionId, method, path }: DecidedRequest): boolean {
  if (decisionId !== undefined) return known.id === decisionId;
  return agree(known.method, method) && agree(known.path, path);
}

const agree = (a: string | undefined, b: string | undefined): boolean => a === undefined || b === undefined || a === b;

function textAt(values: readonly (Value | undefined)[], slot: number): string | undefined {
  const value = values[slot];
  return typeof value === "string" ? value : undefined;
}

import { join } from "node:path";
import type { AttributeRecord } from "../../../schemas/model/record.ts";
import type { Verdict } from "../../../schemas/model/verdict.ts";
import { DecisionThread } from "./decision-thread.ts";
import type { DecisionAnswer, DecisionPage, DecisionRetention, DecisionSums, ListQuery, SumQuery } from "./messages.ts";
import { RowBatch } from "./row-batch.ts";
import { createTally, type TallyRow } from "./tally.ts";
import { toDecision } from "./to-decision.ts";

/**
 * Decisions that can be asked for afterwards.
 *
 *   verdict -> queue (this thread, bounded) -> thread -> SQLite
 */
export interface DecisionLog {
  /** Notes a verdict; `told` gives the request, if it is kept. On the way of every check: it does not wait, throw or keep the record. */
  record(verdict: Verdict, told: () => Pick<AttributeRecord, "values">, durationMs: number): void;
  list(query: ListQuery): Promise<DecisionAnswer<DecisionPage>>;
  sum(query: SumQuery): Promise<DecisionAnswer<DecisionSums>>;
  counters(): DecisionCounters;
  /** How often each rule decided what. */
  verdicts(): Iterable<TallyRow>;
  /** Takes changed settings live. */
  configure(settings: DecisionSettings): void;
  /** Writes everything and ends the thread. */
  close(): Promise<void>;
}

/** What became of decisions, since the hub started. */
export interface DecisionCounters {
  readonly kept: number;
  /** Allowed ones that sampling left out. */
  readonly sampledOut: number;
  /** Those lost since the store was too slow, or failed. */
  readonly dropped: number;
}

/** Which decisions are kept. */
export interface DecisionSettings extends DecisionRetention {
  /** Share that is kept of ordinary allowed requests. */
  readonly sampleAllowed: number;
}

/** What the log works with. */
export interface DecisionLogOptions {
  readonly settings: DecisionSettings;
  /** Folder of the file. */
  readonly directory: string;
  readonly log: { warn(fields: object, message: string): void };
  /** Milliseconds since the epoch. */
  now(): number;
  /** From 0 to 1, for sampling. */
  random(): number;
}

const FLUSH_MS = 250;
const MAX_WAITING = 10_000;

/** Opens the log; its thread and its file come with the first decision or question. */
export function openDecisionLog({ directory, log, now, random, ...options }: DecisionLogOptions): DecisionLog {
  const counters = { kept: 0, sampledOut: 0, dropped: 0 };
  const tally = createTally();
  let { settings } = options;
  const waiting = new RowBatch();
  const thread = new DecisionThread(join(directory, "decisions.db"), {
    kept: (rows) => {
      counters.kept += rows;
    },
    lost: (rows, reason) => {
      counters.dropped += rows;
      log.warn({ decisions: rows, reason }, "decisions were not kept");
    },
  });

  const flush = () => {
    if (waiting.rows === 0) return;
    const { retentionMs, maxRows } = settings;
    thread.keep({ kind: "keep", packed: waiting.take(), retention: { retentionMs, maxRows }, nowMs: now() });
  };
  const timer = setInterval(flush, FLUSH_MS);
  timer.unref();

  return {
    record(verdict, told, durationMs) {
      tally.count(verdict);
      const isSampled = isOrdinary(verdict);
      if (isSampled && settings.sampleAllowed < 1 && random() >= settings.sampleAllowed) {
        counters.sampledOut++;
        return;
      }
      if (waiting.rows + thread.underWay >= MAX_WAITING) {
        counters.dropped++;
        return;
      }
      const weight = isSampled ? 1 / settings.sampleAllowed : 1;
      const timeMs = now();
      waiting.add({ timeMs, weight, body: JSON.stringify(toDecision(verdict, told().values, timeMs, durationMs)) });
    },
    list(query) {
      flush();
      return thread.ask({ kind: "list", query: kept(query) });
    },
    sum(query) {
      flush();
      return thread.ask({ kind: "sum", query: kept(query) });
    },
    counters: () => counters,
    verdicts: tally.rows,
    configure(next) {
      settings = next;
    },
    close() {
      clearInterval(timer);
      flush();
      return thread.close();
    },
  };

  /** What is beyond its retention is not shown, even if it is still there. */
  function kept<Query extends { readonly from: number }>(query: Query): Query {
    return { ...query, from: Math.max(query.from, now() - settings.retentionMs) };
  }
}

/** Whether sampling may leave it out: allowed, and nothing about it is of note. */
const isOrdinary = ({ allowed, shadow, reasons }: Verdict): boolean =>
  allowed && shadow === undefined && !reasons.some(({ outcome }) => outcome === "error");

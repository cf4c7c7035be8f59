import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type BetterSqlite3 from "better-sqlite3";
import type { Decision } from "../../../schemas/model/decision.ts";
import { addTo, type Group, toSum } from "./group.ts";
import type {
  DecisionAnswer,
  DecisionPage,
  DecisionRange,
  DecisionRetention,
  DecisionRow,
  DecisionSums,
  ListQuery,
  SumQuery,
} from "./messages.ts";
import { compileWhere, type Matches } from "./where.ts";

/** Decisions in SQLite, newest last. Several hubs may write to one file while one takes over from the other. */
export interface DecisionStore {
  /** Writes them, and lets go of what is too old or too much. Throws if the disk does. */
  keep(rows: readonly DecisionRow[], retention: DecisionRetention, nowMs: number): void;
  list(query: ListQuery): DecisionAnswer<DecisionPage>;
  sum(query: SumQuery): DecisionAnswer<DecisionSums>;
  close(): void;
}

interface Row {
  readonly seq: number;
  readonly weight: number;
  readonly body: string;
}

/** How long one hub waits for the other's writing. */
const BUSY_MS = 5000;

/** Opens or makes the file. */
export function openDecisionStore(sqlite: typeof BetterSqlite3, file: string): DecisionStore {
  mkdirSync(dirname(file), { recursive: true });
  const database = new sqlite(file, { timeout: BUSY_MS });
  database.pragma("journal_mode = WAL");
  database.pragma("synchronous = NORMAL");
  database.exec(`
    CREATE TABLE IF NOT EXISTS decisions (
      seq INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, weight REAL NOT NULL, body TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS decisions_time ON decisions (time);`);
  const insert = database.prepare("INSERT INTO decisions (time, weight, body) VALUES (?, ?, ?)");
  const dropOld = database.prepare("DELETE FROM decisions WHERE time < ?");
  const dropMore = database.prepare("DELETE FROM decisions WHERE seq <= (SELECT max(seq) FROM decisions) - ?");
  const select = database.prepare<[number, number, number], Row>(
    "SELECT seq, weight, body FROM decisions WHERE seq < ? AND +time >= ? AND +time < ? ORDER BY seq DESC",
  );
  const write = database.transaction(
    (rows: readonly DecisionRow[], { retentionMs, maxRows }: DecisionRetention, nowMs: number) => {
      for (const { timeMs, weight, body } of rows) insert.run(timeMs, weight, body);
      dropOld.run(nowMs - retentionMs);
      dropMore.run(maxRows);
    },
  );

  /** Those that match, newest first. */
  function* scan({ from, to }: DecisionRange, matches: Matches, before = Number.MAX_SAFE_INTEGER) {
    for (const { seq, weight, body } of select.iterate(before, from, to)) {
      const decision = JSON.parse(body) as Decision;
      if (matches(decision)) yield { seq, weight, decision };
    }
  }

  return {
    keep: (rows, retention, nowMs) => write(rows, retention, nowMs),
    list: (query) =>
      filtered(query, (matches) => {
        const decisions: Decision[] = [];
        let last = 0;
        for (const { seq, decision } of scan(query, matches, query.cursor)) {
          if (decisions.length === query.limit) return { decisions, cursor: last };
          decisions.push(decision);
          last = seq;
        }
        return { decisions, cursor: undefined };
      }),
    sum: (query) =>
      filtered(query, (matches) => {
        const groups = new Map<string, Group>();
        for (const { weight, decision } of scan(query, matches)) addTo(groups, query.by, decision, weight);
        const sums = [...groups.values()].map(toSum).sort((a, b) => b.decisions - a.decisions || byLabels(a, b));
        return { groups: sums.slice(0, query.limit), truncated: sums.length > query.limit };
      }),
    close: () => database.close(),
  };
}

const byLabels = (a: { labels: object }, b: { labels: object }): number =>
  JSON.stringify(a.labels) < JSON.stringify(b.labels) ? -1 : 1;

/** Answers for the decisions that `where` is true of. */
function filtered<T>({ where }: DecisionRange, answer: (matches: Matches) => T): DecisionAnswer<T> {
  const compiled = where === undefined || where.trim() === "" ? { matches: () => true } : compileWhere(where);
  if ("problem" in compiled) return { ok: false, kind: "invalid", problem: compiled.problem };
  return { ok: true, value: answer(compiled.matches) };
}

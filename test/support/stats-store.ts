import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { compile } from "../../collector/expr/compile.ts";
import { Aggregator, type AggregatorOptions } from "../../collector/stats/aggregator.ts";
import { finish, type PartialResult } from "../../collector/stats/query/engine.ts";
import { defaultHealth } from "../../collector/stats/query/health.ts";
import type { Answers, StatsQuery } from "../../collector/stats/query/query.ts";
import { defaultLimits } from "../../collector/stats/query/scan.ts";
import { createRetention } from "../../collector/stats/retention.ts";
import { Store, type StoreOptions } from "../../collector/stats/store/store.ts";

/** A log line that was written. */
export interface LogLine {
  readonly level: string;
  readonly fields: object;
  readonly message: string;
}

/** An aggregator and a store in one thread, with a clock that stands still until it is moved. */
export class StatsBench {
  readonly directory = mkdtempSync(join(tmpdir(), "mixdown-stats-"));
  readonly log: LogLine[] = [];
  nowMs: number;
  aggregator: Aggregator;
  store: Store;
  readonly #options: Partial<StoreOptions>;

  constructor(nowMs: number, options: Partial<StoreOptions> = {}, aggregator: Partial<AggregatorOptions> = {}) {
    this.nowMs = nowMs;
    this.#options = options;
    this.aggregator = this.#aggregate(aggregator);
    this.store = this.open();
  }

  get file(): string {
    return join(this.directory, "stats.db");
  }

  /** Opens the store again, after closing or breaking it. */
  open(): Store {
    this.aggregator.forgetSent();
    this.store = new Store(Sqlite, this.options);
    return this.store;
  }

  /** What the store is opened with. */
  get options(): StoreOptions {
    const write = (level: string) => (fields: object, message: string) => this.log.push({ level, fields, message });
    return {
      file: this.file,
      retention: createRetention(),
      maxBytes: 2 ** 31,
      maxUnsavedBytes: 2 ** 26,
      maxSeries: 10_000,
      lockWaitMs: 0,
      limits: defaultLimits,
      sources: { prefer: "accesslog", services: [] },
      compile,
      log: { info: write("info"), warn: write("warn"), error: write("error") },
      now: () => this.nowMs,
      clock: () => 0,
      ...this.#options,
    };
  }

  /** Closes and opens the store, with a fresh aggregator, as a restart does. */
  restart(): void {
    this.flush();
    this.store.close();
    this.aggregator = this.#aggregate({});
    this.open();
  }

  /** Writes the buckets that are due. */
  tick(): void {
    this.#write(this.aggregator.takeDue(this.nowMs));
  }

  /** Writes all buckets. */
  flush(): void {
    this.#write(this.aggregator.takeAll());
  }

  /** Rolls up all that is ready, and drops what is old. */
  maintain(): void {
    while (this.store.maintain()) {
      // one bucket after the other
    }
    this.store.retain();
  }

  /** Asks, open buckets included. */
  ask<K extends StatsQuery["kind"]>(kind: K, query: Extract<StatsQuery, { kind: K }>["query"]): Answers[K] {
    const asked = { kind, query } as StatsQuery;
    return finish([this.part(asked)], asked, defaultHealth) as Answers[K];
  }

  /** This store's part of an answer. */
  part(asked: StatsQuery): PartialResult {
    this.store.define(this.aggregator.definitions());
    const run = this.store.part(asked, this.aggregator.copies(), this.nowMs);
    for (;;) {
      const step = run.next();
      if (step.done === true) return step.value;
    }
  }

  /** Closes the store and removes its folder. */
  remove(): void {
    this.store.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #write(buckets: ReturnType<Aggregator["takeAll"]>): void {
    if (buckets.length > 0) this.store.write({ definitions: this.aggregator.definitions(), buckets });
  }

  #aggregate(options: Partial<AggregatorOptions>): Aggregator {
    return new Aggregator({
      budget: { maxSeries: 1000, maxPeers: 1000, maxTexts: 3000 },
      retention: createRetention(),
      maxOpenBuckets: 64,
      graceMs: 1000,
      idleMs: 600_000,
      now: () => this.nowMs,
      seed: 1,
      makeRoom: () => this.#write(this.aggregator.takeLate(this.nowMs)),
      ...options,
    });
  }
}

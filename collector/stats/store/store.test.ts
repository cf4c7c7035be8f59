import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterEach, describe, expect, it } from "vitest";
import { aRequest } from "../../../test/support/stats-record.ts";
import { StatsBench } from "../../../test/support/stats-store.ts";
import { createRetention, defaultRetention } from "../retention.ts";
import { levels } from "./levels.ts";
import { migrations } from "./schema.ts";
import { Store } from "./store.ts";

const start = Date.parse("2026-03-01T12:00:00Z");
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** SQLite whose files can be filled up: it stands in for a disk that is full. */
function createDisk() {
  const files: Sqlite.Database[] = [];
  const open = new Proxy(Sqlite, {
    construct: (target, [file, options]: [string, Sqlite.Options?]) => {
      const database = new target(file, options);
      if (options?.readonly !== true) files.push(database);
      return database;
    },
  });
  /** Lets files that are open grow by this many pages. */
  const limit = (more: number) => {
    for (const database of files.filter((file) => file.open)) {
      const pages = Number(database.pragma("page_count", { simple: true }));
      database.pragma(`max_page_count = ${pages + more}`);
    }
  };
  return { open, limit };
}

describe("the statistics store", () => {
  let bench: StatsBench;
  const benches: StatsBench[] = [];
  const make = (...rest: ConstructorParameters<typeof StatsBench>): StatsBench => {
    bench = new StatsBench(...rest);
    benches.push(bench);
    return bench;
  };
  afterEach(() => {
    for (const made of benches.splice(0)) made.remove();
  });

  const record = (endMs: number, count = 1) => {
    bench.nowMs = Math.max(bench.nowMs, endMs);
    for (let index = 0; index < count; index++) bench.aggregator.record(aRequest(endMs));
  };
  const requests = (sinceMs = bench.nowMs - 30 * day) =>
    bench
      .ask("services", { from: sinceMs, to: bench.nowMs, reporter: "auto", limit: 10, sort: "name", idle: true })
      .services.reduce((sum, service) => sum + service.requests, 0);
  const rowsOf = (table: string): number => {
    const database = new Sqlite(bench.file, { readonly: true });
    const count = database.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
    database.close();
    return Number(count);
  };

  it("rolls 10 s up to 1 min, 5 min and 1 h, and keeps each as long as it should", () => {
    make(start);
    for (let time = 0; time < 26 * hour; time += 30_000) {
      record(start + time);
      bench.tick();
      if (time % (10 * minute) === 0) bench.maintain();
    }
    bench.flush();
    bench.maintain();
    expect(requests()).toBe(26 * 120);
    expect(rowsOf("chunks_10s")).toBeGreaterThanOrEqual(120);
    expect(rowsOf("chunks_10s")).toBeLessThanOrEqual(122);
    expect(rowsOf("chunks_1m")).toBeGreaterThanOrEqual(1439);
    expect(rowsOf("chunks_1m")).toBeLessThanOrEqual(1441);
    expect(rowsOf("chunks_1h")).toBe(25);
    expect(rowsOf("services_5m")).toBeLessThanOrEqual(289);
  });

  it("forgets what is beyond retention, series too, and uses their ids again", () => {
    make(start, { retention: createRetention({ ...defaultRetention, hour: (2 * day) / 1000 }) });
    record(start);
    bench.flush();
    bench.nowMs = start + 3 * day;
    bench.maintain();
    bench.restart();
    bench.maintain();
    expect(levels.map(({ table }) => rowsOf(table))).toEqual([0, 0, 0, 0, 0, 0]);
    bench.aggregator.record(aRequest(bench.nowMs, { "destination.service.name": "ratings" }));
    bench.flush();
    bench.maintain();
    bench.restart();
    bench.maintain();
    expect(requests()).toBe(1);
    expect(bench.store.counters().series).toBeLessThanOrEqual(3);
  });

  it("drops the oldest buckets when it is full, and says so", () => {
    make(start, { maxBytes: 160_000 });
    for (let time = 0; time < 3000; time++) {
      const names = {
        "route.template": `/${time % 7}/${"x".repeat(300)}`,
        "trace.id": `${time}`.repeat(16).slice(0, 60),
      };
      bench.nowMs = start + time * 10_000;
      bench.aggregator.record(aRequest(bench.nowMs, names));
      bench.tick();
      if (time % 100 === 0) bench.maintain();
    }
    bench.maintain();
    expect(bench.store.counters().evicted).toBeGreaterThan(0);
    expect(bench.store.counters().bytes).toBeLessThanOrEqual(160_000);
    expect(bench.log).toContainEqual(expect.objectContaining({ message: expect.stringContaining("full") }));
    expect(requests(bench.nowMs - 2 * minute)).toBeGreaterThan(0);
  });

  it("adds late records to every level that holds their time", () => {
    make(start);
    record(start, 3);
    bench.flush();
    bench.nowMs = start + 3 * hour - 1000;
    bench.maintain();
    bench.aggregator.record(aRequest(start + 100));
    bench.flush();
    expect(bench.aggregator.counters()).toMatchObject({ future: 0, expired: 0 });
    expect(requests()).toBe(4);
    const series = bench.ask("timeseries", {
      from: start,
      to: bench.nowMs,
      reporter: "auto",
      measures: ["requests"],
      stats: [],
      by: ["destination.service.name"],
      step: 3600,
      limit: 5,
    });
    expect(series.series[0]?.values).toEqual([4, 0, 0]);
  });

  it("is refused to a second hub", () => {
    make(start);
    const message = expect.stringContaining("--data-dir");
    expect(() => bench.open()).toThrow(expect.objectContaining({ code: "STORE_BUSY", message }));
  });

  it("sets a file aside that is no database, says so, and starts a fresh one", () => {
    make(start);
    record(start);
    bench.flush();
    bench.store.close();
    const bytes = readFileSync(bench.file);
    bytes.fill(0x5a, 0, 4096);
    writeFileSync(bench.file, bytes);
    bench.open();
    const aside = readdirSync(bench.directory).find((name) => name.startsWith("stats.db.damaged-"));
    expect(readFileSync(join(bench.directory, aside!))).toEqual(bytes);
    expect(bench.log).toMatchObject([{ level: "error", fields: { aside: expect.stringContaining("damaged-2026") } }]);
    record(start + 1000);
    bench.flush();
    expect(requests()).toBe(1);
  });

  it("sets a file aside whose pages turn out damaged while it is open, and goes on", () => {
    make(start);
    for (let index = 0; index < 400; index++) record(start + index * 10_000);
    bench.flush();
    bench.store.close();
    const bytes = readFileSync(bench.file);
    bytes.fill(0xff, 3 * 8192);
    writeFileSync(bench.file, bytes);
    bench.open();
    record(start + 4_100_000, 5);
    bench.flush();
    bench.flush();
    bench.store.save();
    expect(bench.store.counters().setAside + bench.log.length).toBeGreaterThan(0);
    expect(requests(bench.nowMs - minute)).toBe(5);
    bench.restart();
    expect(requests(bench.nowMs - minute)).toBe(5);
  });

  it("leaves a damaged chunk out, counted and told", () => {
    make(start);
    record(start, 2);
    record(start + 20_000, 3);
    bench.flush();
    const database = new Sqlite(bench.file);
    const chunk = database
      .prepare("SELECT data FROM chunks_10s WHERE start = ?")
      .pluck()
      .get(start / 1000) as Buffer;
    chunk[chunk.length - 1]! ^= 1;
    database.prepare("UPDATE chunks_10s SET data = ? WHERE start = ?").run(chunk, start / 1000);
    database.close();
    expect(requests()).toBe(3);
    expect(bench.store.counters().damaged).toBe(1);
    expect(bench.log).toMatchObject([{ level: "error", message: expect.stringContaining("damaged chunk") }]);
  });

  it("refuses a database of a newer version, and of another program, without changing them", () => {
    make(start);
    bench.store.close();
    for (const [pragma, text] of [
      ["user_version = 99", "newer"],
      ["application_id = 7", "another program"],
    ]) {
      const database = new Sqlite(bench.file);
      database.pragma("journal_mode = DELETE");
      database.pragma(pragma!);
      database.close();
      copyFileSync(bench.file, `${bench.file}.before`);
      expect(() => bench.open()).toThrow(
        expect.objectContaining({ code: "STORE_UNUSABLE", message: expect.stringContaining(text!) }),
      );
      expect(readFileSync(bench.file)).toEqual(readFileSync(`${bench.file}.before`));
      const mended = new Sqlite(bench.file);
      mended.pragma(`user_version = ${migrations.length}`);
      mended.close();
    }
    const mended = new Sqlite(bench.file);
    mended.pragma(`application_id = ${0x4d495844}`);
    mended.close();
    bench.open();
  });

  it("goes on in memory while the disk is full, counts what it must give up, and writes again by itself", () => {
    make(start, { maxUnsavedBytes: 4000 });
    bench.store.close();
    const disk = createDisk();
    const options = bench.options;
    bench.aggregator.forgetSent();
    bench.store = new Store(disk.open, options);
    record(start, 2);
    bench.flush();
    disk.limit(0);
    for (let index = 1; index <= 5; index++) {
      bench.nowMs = start + index * 10_000;
      for (let each = 0; each < 30; each++) {
        const route = { "route.template": `/${index}/${each}/${"x".repeat(900)}` };
        bench.aggregator.record(aRequest(bench.nowMs, route));
      }
      bench.flush();
    }
    expect(requests()).toBe(152);
    expect(bench.store.counters()).toMatchObject({ failedWrites: 5, unsavedBuckets: 5, lostRequests: 0 });
    expect(bench.log.filter(({ level }) => level === "error")).toHaveLength(1);
    for (let index = 6; index <= 305; index++) {
      record(start + index * 10_000);
      bench.flush();
    }
    const lost = bench.store.counters().lostRequests;
    expect(lost).toBeGreaterThan(0);
    expect(requests()).toBe(152 + 300 - lost);
    disk.limit(1_000_000);
    bench.store.save();
    expect(bench.store.counters().unsavedBuckets).toBe(0);
    expect(bench.log.at(-1)).toMatchObject({ level: "info" });
    bench.restart();
    expect(requests()).toBe(152 + 300 - lost);
  });

  it("keeps when a series was first and last seen", () => {
    make(start);
    record(start + 1);
    bench.flush();
    record(start + 2 * hour);
    bench.restart();
    bench.nowMs = start + 3 * hour;
    const query = { to: bench.nowMs, reporter: "auto", limit: 10, sort: "name", idle: true } as const;
    const { services } = bench.ask("services", { ...query, from: bench.nowMs - minute });
    expect(services).toMatchObject([
      {
        name: "reviews",
        requests: 0,
        errorRatio: null,
        durationMs: { p50: null },
        firstSeen: "2026-03-01T12:00:00.001Z",
        lastSeen: "2026-03-01T14:00:00Z",
        health: { status: "idle" },
      },
    ]);
    expect(bench.ask("services", { ...query, from: bench.nowMs - minute, idle: false }).services).toEqual([]);
    expect(bench.ask("services", { ...query, from: start - hour, to: start - minute }).services).toEqual([]);
  });
});

import Sqlite from "better-sqlite3";
import { ChunkWriter, Row } from "../../collector/stats/chunk.ts";
import { ChunkMerger } from "../../collector/stats/chunk-merger.ts";
import { reporterClass, storedDimensions, textDimensions } from "../../collector/stats/dimensions.ts";
import { Sketch } from "../../collector/stats/sketch.ts";
import { openDatabase } from "../../collector/stats/store/database.ts";
import { Dictionary } from "../../collector/stats/store/dictionary.ts";
import { level, levels } from "../../collector/stats/store/levels.ts";
import { drawDuration, type TrafficSeries, toRecord } from "./stats-traffic.ts";

interface Part {
  readonly start: number;
  readonly chunk: Uint8Array;
}

const log = { info() {}, warn() {}, error() {} };
/** Distinct durations drawn for one row at most; a busy row's sketch has no more bins than that. */
const maxDraws = 400;

/** Writes a store with a full default retention up to `now` (seconds), as the hub would have left it. */
export function generateStore(
  file: string,
  traffic: readonly TrafficSeries[],
  now: number,
  random: () => number,
): void {
  const database = openDatabase(Sqlite, { file, log, now: () => (now - 31 * 86_400) * 1000 });
  const dictionary = new Dictionary(1_000_000);
  const distinct = new Map(traffic.map((series) => [dictionary.idOf(keyOf(series)), series]));
  const insert = levels.map(({ table }) => database.prepare(`INSERT INTO ${table} (start, data) VALUES (?, ?)`));
  const chunkOf = (start: number, width: number) => {
    const writer = new ChunkWriter(start);
    for (const [id, series] of distinct) {
      const row = drawRow(series, start, width, random);
      if (row === undefined) continue;
      writer.add(id, row);
      dictionary.touch(id, row.first, row.last);
    }
    return writer.finish([]);
  };
  const sumUp = (start: number, parts: readonly Part[], byService: boolean) => {
    const project = byService ? (series: number) => dictionary.serviceOf(series) : undefined;
    const merger = new ChunkMerger((series) => dictionary.edgeOf(series), project);
    for (const part of parts) merger.add(part.start, part.chunk);
    return merger.finish(start);
  };
  const put = (place: number, start: number, chunk: Uint8Array) => insert[place]!.run(start, chunk);
  const until = levels.map(({ width, delay }) => Math.floor((now - delay) / width) * width);
  database.exec("BEGIN");
  for (let start = until[level.base]! - 3600; start < until[level.base]!; start += 10)
    put(level.base, start, chunkOf(start, 10));
  let parts: Part[] = [];
  for (let start = until[level.fiveMinutes]! - 86_400; start < until[level.minute]!; start += 60) {
    const chunk = chunkOf(start, 60);
    put(level.minute, start, chunk);
    parts.push({ start, chunk });
    if (parts.length < 5) continue;
    put(level.fiveMinutes, parts[0]!.start, sumUp(parts[0]!.start, parts, false));
    put(level.serviceFiveMinutes, parts[0]!.start, sumUp(parts[0]!.start, parts, true));
    parts = [];
  }
  for (let start = until[level.hour]! - 30 * 86_400; start < until[level.hour]!; start += 3600) {
    const chunk = chunkOf(start, 3600);
    put(level.hour, start, chunk);
    put(level.serviceHour, start, sumUp(start, [{ start, chunk }], true));
  }
  for (const [place, { table }] of levels.entries()) {
    const meta = database.prepare("REPLACE INTO meta (key, value) VALUES (?, ?)");
    meta.run(`${table}.rolled_until`, until[place]!);
    const spans = { base: 3600, minute: 86_400, hour: 30 * 86_400 };
    meta.run(`${table}.kept_since`, until[place]! - spans[levels[place]!.kept] + levels[place]!.width);
  }
  dictionary.save(database);
  database.exec("COMMIT");
  database.close();
}

function keyOf(series: TrafficSeries) {
  const { values } = toRecord(series);
  const slots = new Map(storedDimensions.map(({ name, slot }) => [name, slot]));
  const texts = textDimensions.map(({ attributes }) => values[slots.get(attributes[0])!] as string | undefined);
  const reporter = series.inbound ? reporterClass.inbound : reporterClass.reached;
  return { texts, verdict: 0, code: series.code, mtls: 2, reporter };
}

function drawRow(series: TrafficSeries, start: number, width: number, random: () => number): Row | undefined {
  const requests = drawCount(series.rate * width, random);
  if (requests === 0) return undefined;
  const row = new Row();
  row.requests = requests;
  row.errors = series.code >= 500 ? requests : 0;
  row.bytesIn = requests * 512;
  row.bytesOut = requests * 4096;
  row.first = start * 1000 + Math.floor(random() * width * 500);
  row.last = row.first + Math.floor(random() * width * 500);
  row.sketch = new Sketch();
  const draws = Math.min(requests, maxDraws);
  for (let left = requests, draw = draws; draw > 0; draw--) {
    const weight = Math.ceil(left / draw);
    row.sketch.add(drawDuration(series, random), weight);
    left -= weight;
  }
  return row;
}

/** A Poisson draw, by its normal approximation where the mean is big. */
function drawCount(mean: number, random: () => number): number {
  if (mean > 50) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
  }
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count++;
  return count;
}

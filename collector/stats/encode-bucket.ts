import { binsPerRow } from "./bin-table.ts";
import { ChunkWriter, Row } from "./chunk.ts";
import { ExemplarChoice, maxExemplars } from "./chunk-merger.ts";
import { field, rowWidth, type TakenBucket } from "./open-bucket.ts";
import { Sketch } from "./sketch.ts";

/**
 * Turns the contents of a bucket into a chunk. `seriesOf` gives the store's id of a series; several series may share one,
 * so rows of the same id are added up.
 */
export function encodeBucket(
  bucket: TakenBucket,
  seriesOf: (series: number) => number,
  edgeOf: (series: number) => number,
): Uint8Array {
  const rows = new Map<number, Row>();
  const byRow: Row[] = [];
  const ids: number[] = [];
  for (let index = 0; index < bucket.rows; index++) {
    const id = seriesOf(bucket.series[index]!);
    const row = rows.get(id) ?? new Row();
    rows.set(id, row);
    addNumbers(row, bucket.numbers, index * rowWidth);
    byRow.push(row);
    ids.push(id);
  }
  addBins(byRow, bucket);
  const writer = new ChunkWriter(bucket.start);
  for (const id of [...rows.keys()].sort((a, b) => a - b)) writer.add(id, rows.get(id)!);
  const choice = new ExemplarChoice(edgeOf);
  for (const exemplar of bucket.exemplars) choice.add({ ...exemplar, series: ids[exemplar.row]! });
  return writer.finish(choice.chosen(maxExemplars));
}

function addNumbers(row: Row, numbers: Float64Array, offset: number): void {
  row.requests += numbers[offset + field.requests]!;
  row.errors += numbers[offset + field.errors]!;
  row.bytesIn += numbers[offset + field.bytesIn]!;
  row.bytesOut += numbers[offset + field.bytesOut]!;
  row.opened += numbers[offset + field.opened]!;
  row.closed += numbers[offset + field.closed]!;
  row.first = Math.min(row.first, numbers[offset + field.firstSeen]!);
  row.last = Math.max(row.last, numbers[offset + field.lastSeen]!);
  if (numbers[offset + field.durationMax]! < 0) return;
  row.sketch ??= new Sketch();
  const [sum, min, max] = numbers.subarray(offset + field.durationSum, offset + field.durationSum + 3);
  row.sketch.addSummary(sum!, min!, max!);
}

function addBins(rows: readonly Row[], { binKeys, binCounts }: TakenBucket): void {
  for (let place = 0; place < binKeys.length; place++) {
    if (binKeys[place] === 0) continue;
    const key = binKeys[place]! - 1;
    rows[Math.floor(key / binsPerRow)]!.sketch!.addBin(key % binsPerRow, binCounts[place]!);
  }
}

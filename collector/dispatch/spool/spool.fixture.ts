import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type DurableConfig, durableDefaults } from "../../config/lane-schema.ts";
import { openSpool } from "./open-spool.ts";
import type { LogFile } from "./segment-files.ts";
import type { Spool, SpoolEvents, SpoolTrouble } from "./spool.ts";

/** What a log told, added up. */
export interface Told {
  lost: number;
  torn: number;
  passedOver: number;
  quarantined: { records: number; bytes: number; file: string }[];
  troubles: (SpoolTrouble | undefined)[];
}

/** An empty folder, gone after the test. */
export function aFolder(): string {
  const directory = mkdtempSync(join(tmpdir(), "mixdown-spool-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Events that are kept. */
export function keepEvents(): { readonly told: Told; readonly events: SpoolEvents } {
  const told: Told = { lost: 0, torn: 0, passedOver: 0, quarantined: [], troubles: [] };
  const events: SpoolEvents = {
    lost: (records) => {
      told.lost += records;
    },
    passedOver: (records) => {
      told.passedOver += records;
    },
    torn: (bytes) => {
      told.torn += bytes;
    },
    quarantined: (records, bytes, file) => void told.quarantined.push({ records, bytes, file }),
    trouble: (trouble) => void told.troubles.push(trouble),
  };
  return { told, events };
}

/** Settings and the disk of a log under test. */
export interface TestSpoolOptions extends Partial<DurableConfig> {
  readonly openFile?: (path: string, flags: string) => Promise<LogFile>;
  readonly now?: () => number;
}

/** A log that keeps what it tells. */
export async function openTestSpool(directory: string, options: TestSpoolOptions = {}) {
  const { openFile, now = () => 1000, ...config } = options;
  const { told, events } = keepEvents();
  const spool = await openSpool(
    { directory, config: { ...durableDefaults, fsync: "never", ...config }, events, now },
    openFile === undefined ? {} : { openFile },
  );
  return { spool, told };
}

/** Appends texts and waits until they are written. */
export async function write(spool: Spool, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) if (!spool.append(Buffer.from(text))) throw new Error(`refused: ${text}`);
  await spool.commit();
}

/** All that can be read now, as texts, acknowledged if wanted. */
export async function readAll(spool: Spool, acknowledges = false): Promise<string[]> {
  const texts: string[] = [];
  for (;;) {
    const records = await spool.read(7, 1000);
    if (records.length === 0) return texts;
    texts.push(...records.map(({ payload }) => payload.toString()));
    if (acknowledges) spool.acknowledge(records.at(-1)!.position);
  }
}

/** Segments in a folder, by file name, oldest first. */
export function segmentsIn(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith(".seg"))
    .sort();
}

/** Texts `prefix-00`, `prefix-01` and so on, all of the same length. */
export function texts(count: number, prefix = "record"): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${String(index).padStart(2, "0")}`);
}

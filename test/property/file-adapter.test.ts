import { appendFileSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { isAggregator } from "../../adapters/adapter.ts";
import { file } from "../../adapters/file/index.ts";
import { fakeHost } from "../../adapters/testing/fake-host.ts";
import { aLogEntry } from "../../adapters/testing/instances.ts";

/** What happens to a log file, one after the other. */
type Step =
  | { readonly kind: "log"; readonly entries: number; readonly bytes: number }
  /** The disk is full after so many bytes of the next batch; the batch is tried again. */
  | { readonly kind: "full"; readonly after: number }
  /** The hub dies, within a line that nobody was promised, or between two; another starts. */
  | { readonly kind: "crash"; readonly rest: string }
  /** Someone else renames the file. */
  | { readonly kind: "move" }
  | { readonly kind: "wait"; readonly minutes: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("log" as const),
      entries: fc.integer({ min: 1, max: 5 }),
      bytes: fc.nat(400),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("full" as const), after: fc.integer({ min: 1, max: 300 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("crash" as const), rest: fc.constantFrom("", '{"id":"half', "\n") }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "move" as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("wait" as const), minutes: fc.nat(90) }) },
);

const never = new AbortController().signal;

test("every line that was promised is there once and whole, in order, whatever happens to the file", async () => {
  const compression = fc.constantFrom("none", "gzip");
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), compression, async (steps, packing) => {
      const folder = mkdtempSync(join(tmpdir(), "file-property-"));
      try {
        const { promised, moved } = await play(steps, packing, join(folder, "log"));
        expect(linesIn(folder, moved)).toEqual(promised);
      } finally {
        vi.restoreAllMocks();
        rmSync(folder, { recursive: true });
      }
    }),
    { numRuns: 80 },
  );
});

async function play(steps: readonly Step[], compression: string, path: string) {
  const host = fakeHost();
  const params = { path, rotate: { maxBytes: 1024, maxAge: "1h", keep: 1000, compression } };
  const start = async () => {
    const outlet = await file.open(file.config.parse(params), host);
    if (isAggregator(outlet)) throw new Error("opened as an aggregator");
    return outlet;
  };
  let outlet = await start();
  const promised: string[] = [];
  const moved: string[] = [];
  const log = async (entries: number, bytes: number) => {
    const ids = Array.from({ length: entries }, (_, i) => `${promised.length + i}`);
    const batch = ids.map((id) => aLogEntry("a", { variables: { id, filler: "x".repeat(bytes) } }));
    while ((await outlet.deliver(batch, never)).status !== "delivered");
    promised.push(...ids);
  };
  for (const each of steps) {
    if (each.kind === "log") await log(each.entries, each.bytes);
    else if (each.kind === "wait") host.nowMs += each.minutes * 60_000;
    else if (each.kind === "full") {
      await fillDisk(each.after);
      await log(2, 100);
    } else if (each.kind === "move") {
      const name = `moved-${moved.length}`;
      renameSync(path, join(path, "..", name));
      moved.push(name);
      await log(1, 0);
    } else {
      await outlet.close();
      appendFileSync(path, each.rest);
      outlet = await start();
    }
    host.nowMs += 1000;
  }
  await outlet.close();
  return { promised, moved };
}

/** The ids of all whole lines, sorted as they were promised; a line that is neither whole nor the half of a crash fails. */
function linesIn(folder: string, moved: readonly string[]): string[] {
  const names = [...moved, ...readdirSync(folder).filter((name) => name.startsWith("log."))].sort();
  const texts = [...names, "log"].map((name) => {
    const bytes = readFileSync(join(folder, name));
    return (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString();
  });
  const ids = texts.map((text) => idsIn(text));
  for (const within of ids) expect(within).toEqual(within.toSorted((a, b) => Number(a) - Number(b)));
  return ids.flat().sort((a, b) => Number(a) - Number(b));
}

function idsIn(text: string): string[] {
  const lines = text.split("\n").filter((line) => !/^(\{"id":"half)*$/.test(line));
  return lines.map((line) => JSON.parse(line).id);
}

/** Has the next write end after so many bytes, and the one after it fail. */
async function fillDisk(after: number): Promise<void> {
  const handle = await open("/dev/null");
  await handle.close();
  const prototype = Object.getPrototypeOf(handle);
  const { write } = prototype;
  vi.spyOn(prototype, "write")
    .mockImplementationOnce(function (this: unknown, ...[bytes, offset]: unknown[]) {
      return write.call(this, bytes, offset, Math.min(after, (bytes as Buffer).length - 1));
    })
    .mockRejectedValueOnce(new Error("ENOSPC"));
}

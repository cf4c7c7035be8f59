import { Readable } from "node:stream";
import { constants, createGzip } from "node:zlib";
import type { ExpositionFormat, MetricFamily, MetricsSource } from "../adapter.ts";
import { claimedNames, endOfFile } from "./exposition.ts";
import { negotiate } from "./negotiate.ts";

/** Request headers as Node gives them: names in lower case. */
export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** The answer to one scrape. `body` must be read to its end or destroyed. */
export interface ScrapeAnswer {
  readonly status: 200;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
}

/**
 * Answers a scrape with the families of all sources as one legal document, in the format and compression that the headers
 * ask for. A family whose name an earlier source has taken is left out and handed to `onConflict`. The body is made piece by
 * piece as it is read, with the event loop running in between.
 */
export async function answerScrape(
  headers: RequestHeaders,
  sources: Iterable<MetricsSource>,
  onConflict: (family: MetricFamily) => void = () => {},
): Promise<ScrapeAnswer> {
  const { format, contentType, gzip } = negotiate(joined(headers.accept), joined(headers["accept-encoding"]));
  const families = await gatherFamilies(format, sources, onConflict);
  const document = Readable.from(pieces(format, families), { objectMode: false, highWaterMark: 256 * 1024 });
  const common = { "content-type": contentType, "cache-control": "no-store", vary: "accept, accept-encoding" };
  if (!gzip) return { status: 200, headers: common, body: document };
  return { status: 200, headers: { ...common, "content-encoding": "gzip" }, body: compressed(document) };
}

/** The families of all sources by name, each name once: the first source that claims it keeps it. */
export async function gatherFamilies(
  format: ExpositionFormat,
  sources: Iterable<MetricsSource>,
  onConflict: (family: MetricFamily) => void,
): Promise<MetricFamily[]> {
  const asked = [...sources].map((source) => source.families(format));
  const claimed = new Set<string>();
  const kept: MetricFamily[] = [];
  for (const family of (await Promise.all(asked)).flat()) {
    const names = claimedNames(family);
    if (names.some((name) => claimed.has(name))) onConflict(family);
    else {
      for (const name of names) claimed.add(name);
      kept.push(family);
    }
  }
  return kept.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

async function* pieces(format: ExpositionFormat, families: readonly MetricFamily[]): AsyncGenerator<Buffer> {
  let waiting = "";
  for (const family of families) {
    waiting += family.head;
    for (const piece of family.samples()) {
      waiting += piece;
      if (waiting.length < pieceLength) continue;
      yield Buffer.from(waiting);
      waiting = "";
      await new Promise(setImmediate);
    }
  }
  yield Buffer.from(format === "openmetrics" ? waiting + endOfFile : waiting);
}

/** Characters to gather before a piece goes out: some tenths of a millisecond of work. */
const pieceLength = 64 * 1024;

/** Label text repeats so much that the fastest level already gives a twentieth of the size. */
function compressed(document: Readable): Readable {
  const gzip = createGzip({ level: constants.Z_BEST_SPEED });
  document.on("error", (error) => gzip.destroy(error));
  gzip.on("close", () => document.destroy());
  return document.pipe(gzip);
}

function joined(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(",") : header;
}

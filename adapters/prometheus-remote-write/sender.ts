import type { Delivery, Host } from "../adapter.ts";
import { type Answer, type Meaning, post } from "../shared/http.ts";
import { joinHeaders } from "../shared/http-settings.ts";
import type { RemoteWriteConfig } from "./config.ts";
import { encodeV1 } from "./encode-v1.ts";
import { encodeV2 } from "./encode-v2.ts";
import type { TimeSeries } from "./time-series.ts";

type Version = RemoteWriteConfig["version"];
type Settings = Pick<RemoteWriteConfig, "url" | "headers" | "version">;

const versions = {
  "1.0": { contentType: "application/x-protobuf", header: "0.1.0", encode: encodeV1 },
  "2.0": {
    contentType: "application/x-protobuf;proto=io.prometheus.write.v2.Request",
    header: "2.0.0",
    encode: encodeV2,
  },
} as const;

/** Every 5xx may pass; of the rest only 429 is sent again, and 413 in halves (Remote-Write 2.0, "Retries & Backoff"). */
const meanings: Readonly<Record<number, Meaning>> = { 408: "rejected", 425: "rejected", 501: "retry", 505: "retry" };

/** Writes series to a receiver. One that does not know version 2.0 is written to in 1.0 from then on. */
export async function openSender(settings: Settings, { log }: Pick<Host, "log">, fetch: typeof globalThis.fetch) {
  const { compress } = await import("snappy");
  let version = settings.version;

  async function send(series: readonly TimeSeries[], signal: AbortSignal, as: Version) {
    const { contentType, header, encode } = versions[as];
    const body = new Uint8Array(await compress(Buffer.from(encode(series))));
    const own = {
      "content-type": contentType,
      "content-encoding": "snappy",
      "x-prometheus-remote-write-version": header,
    };
    const headers = joinHeaders(own, settings.headers);
    let isUnknown = false;
    const reader = {
      accepted(answer: Answer): Delivery {
        isUnknown = writtenOf(answer) === undefined;
        return { status: "delivered" };
      },
      explain(answer: Answer): string {
        isUnknown = answer.status === 415;
        return explain(answer, series);
      },
    };
    const request = { url: settings.url, headers, body, signal, meanings };
    const delivery = await post(fetch, as === "2.0" ? { ...request, reader } : request);
    return { delivery, isUnknown };
  }

  return async (series: readonly TimeSeries[], signal: AbortSignal): Promise<Delivery> => {
    const { delivery, isUnknown } = await send(series, signal, version);
    if (!isUnknown) return delivery;
    version = "1.0";
    log.warn({ url: settings.url }, "the receiver does not take remote write 2.0: it gets 1.0 from now on");
    return (await send(series, signal, version)).delivery;
  };
}

const written = ["samples", "histograms", "exemplars"].map((kind) => `x-prometheus-remote-write-${kind}-written`);

/** How many samples a receiver of 2.0 says that it wrote; undefined if it is none: it wrote nothing, whatever the status. */
function writtenOf({ headers }: Answer): number | undefined {
  if (!written.some((name) => headers.has(name))) return undefined;
  return Number(headers.get(written[0]!) ?? 0);
}

/** What an error says, and how much was written in spite of it. */
function explain(answer: Answer, series: readonly TimeSeries[]): string {
  const count = writtenOf(answer);
  const sent = series.reduce((sum, { samples }) => sum + samples.length, 0);
  return count === undefined
    ? answer.body.toString()
    : `${answer.body.toString().trim()} (${count} of ${sent} samples were written)`;
}

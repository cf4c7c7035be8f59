import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { recordingsIn } from "../support/otlp-recordings.ts";
import { openRunningHub, type RunningHub } from "../support/running-hub.ts";

let hub: RunningHub;

beforeAll(async () => {
  hub = await openRunningHub({
    zipkin: { address: "127.0.0.1:0", serves: ["http"], limits: { maxMessageBytes: 6_000_000 } },
  });
});

afterAll(() => hub.close());

async function post(body: Uint8Array | string, headers: Record<string, string> = {}, path = "/api/v2/spans") {
  const response = await fetch(`http://${hub.listeners.zipkin}${path}`, {
    method: "POST",
    headers,
    body: typeof body === "string" ? body : new Uint8Array(body),
  });
  return { status: response.status, text: await response.text() };
}

const json = { "content-type": "application/json" };
const spans = () => hub.total("mixdown_records_total", { source: "zipkin" });
const good = (n: number) => ({
  traceId: "463ac35c9f6413ad48485a3953bb6124",
  id: `a2fb4a1d1a96d31${n}`,
  kind: "CLIENT",
});

test.each(recordingsIn("zipkin.jsonl"))("takes what Envoy sent: $note", async ({ bytes, metadata, json: list }) => {
  const before = await spans();
  expect(await post(bytes, { "content-type": metadata["content-type"] as string })).toEqual({ status: 202, text: "" });
  const taken = (await spans()) - before;
  expect(taken).toBe(list === null ? Math.max(taken, 1) : (list as unknown[]).length);
});

test("takes gzip, a body without a type, and version 1", async () => {
  const before = await spans();
  expect((await post(gzipSync(JSON.stringify([good(1)])), { ...json, "content-encoding": "gzip" })).status).toBe(202);
  expect((await post(new TextEncoder().encode("[]"))).status).toBe(202);
  expect((await post(JSON.stringify([good(2)]), json, "/api/v1/spans")).status).toBe(202);
  expect((await spans()) - before).toBe(2);
});

test("refuses spans alone and says so, though Zipkin does not ask", async () => {
  const before = await spans();
  const tags = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`t${n}`, "x"]));
  const nested = `{"id":${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}}`;
  const body = `[${JSON.stringify(good(1))},{"id":"7"},${nested},${JSON.stringify({ ...good(2), tags })},${JSON.stringify({ ...good(3), timestamp: 9e15 })}]`;
  const { status, text } = await post(body, json);
  expect([status, JSON.parse(text)]).toEqual([
    202,
    { rejected: 4, message: expect.stringContaining("4 of 5 spans refused") },
  ]);
  for (const reason of [
    "span 1: expected an id",
    "span 2: expected at most 160",
    "span 3: expected at most 4096",
    "span 4: its time",
  ])
    expect(text).toContain(reason);
  expect((await spans()) - before).toBe(3);
  expect(await hub.total("mixdown_decode_errors_total", { source: "zipkin", reason: "span_future" })).toBe(1);
});

test("refuses what is no list of spans, of another type, too large, or by another method", async () => {
  const { status, text } = await post("{", json);
  expect([status, JSON.parse(text).error.code]).toEqual([400, "MALFORMED_SPANS"]);
  expect((await post("x", { "content-type": "application/x-thrift" }, "/api/v1/spans")).status).toBe(415);
  expect((await post(gzipSync(Buffer.alloc(7_000_000, 32)), { ...json, "content-encoding": "gzip" })).status).toBe(413);
  expect((await fetch(`http://${hub.listeners.zipkin}/api/v2/spans`)).status).toBe(405);
});

import { mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { type Metadata, ServerCredentials } from "@grpc/grpc-js";
import { expect, it, onTestFinished } from "vitest";
import { TracesDataSchema } from "../../schemas/gen/opentelemetry/proto/trace/v1/trace_pb.js";
import type { SpansInstance } from "../../schemas/model/instance.ts";
import { createAuthority } from "../../test/support/certificates.ts";
import { startServer } from "../../test/support/http-server.ts";
import { type OtlpBackend, startOtlpBackend } from "../../test/support/otlp-backend.ts";
import { aRequest, aSpan } from "../../test/support/otlp-span.ts";
import { isAggregator } from "../adapter.ts";
import { fakeHost } from "../testing/fake-host.ts";
import { aSpan as aMadeSpan } from "../testing/instances.ts";
import { otlp } from "./index.ts";
import { createRing } from "./ring.ts";

const relayed = (...ids: number[]): SpansInstance => ({
  template: "spans",
  instance: "spans",
  bytes: aRequest(ids.map((id) => aSpan(id))),
  spans: ids.length,
});

async function open(params: object) {
  const settings = otlp.config.parse(params);
  expect(otlp.validate?.(settings, [])).toEqual([]);
  const outlet = await otlp.open(settings, fakeHost([], { fetch }));
  if (isAggregator(outlet)) throw new Error("opened as an aggregator");
  return outlet;
}

const isFromSdk = (metadata: Metadata) => String(metadata.get("user-agent")).includes("OTel-OTLP-Exporter");
const never = new AbortController().signal;
const namesIn = (body: Uint8Array) =>
  fromBinary(TracesDataSchema, body).resourceSpans.flatMap(({ scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans.map(({ name }) => name)),
  );

it("sends relayed spans as they came, and spans that rules made through the SDK", async () => {
  const backend = await startOtlpBackend();
  const outlet = await open({ endpoint: `http://${backend.address}` });
  expect(await outlet.deliver([relayed(1, 2), aMadeSpan("made"), relayed(3)], never)).toEqual({ status: "delivered" });
  const requests = backend.received.map(({ body, metadata }) => [namesIn(body), String(metadata.get("user-agent"))]);
  expect(requests).toContainEqual([["span 1", "span 2", "span 3"], expect.stringMatching(/^mixdown grpc-node-js/)]);
  expect(requests).toContainEqual([["GET /"], expect.stringMatching(/^mixdown OTel-OTLP-Exporter-JavaScript/)]);
  expect(requests).toHaveLength(2);
  await outlet.close();
});

it("tries only those again that were not taken, where one of the two requests fails", async () => {
  const backend = await startOtlpBackend();
  const outlet = await open({ endpoint: `http://${backend.address}` });
  const batch = [aMadeSpan("made"), relayed(1, 2), aMadeSpan("made")];
  backend.answer = (metadata) => (isFromSdk(metadata) ? { code: 14, details: "later" } : new Uint8Array(0));
  expect(await outlet.deliver(batch, never)).toEqual({
    ...{ status: "partial", rejected: [], retry: [0, 2], reason: "gRPC status UNAVAILABLE: later" },
  });
  backend.answer = (metadata) => (isFromSdk(metadata) ? new Uint8Array(0) : { code: 3, details: "never" });
  expect(await outlet.deliver(batch, never)).toMatchObject({ status: "partial", rejected: [1], retry: [] });
  await outlet.close();
});

it("tries again once files that were gone are back, and has what is relayed delivered meanwhile", async () => {
  const folder = mkdtempSync(join(tmpdir(), "otlp-adapter-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const authority = createAuthority(folder);
  const { cert, key } = authority.issue("server", ["DNS:collector.test", "IP:127.0.0.1"]);
  const pair = { cert_chain: readFileSync(cert), private_key: readFileSync(key) };
  const backend = await startOtlpBackend(ServerCredentials.createSsl(null, [pair]));
  const outlet = await open({ endpoint: `https://${backend.address}`, tls: { ca: authority.ca } });
  renameSync(authority.ca, `${authority.ca}.away`);
  expect(await outlet.deliver([relayed(1), aMadeSpan("made")], never)).toMatchObject({
    ...{ status: "partial", rejected: [], retry: [1], reason: expect.stringContaining("tls.ca: ENOENT") },
  });
  renameSync(`${authority.ca}.away`, authority.ca);
  expect(await outlet.deliver([aMadeSpan("made")], never)).toEqual({ status: "delivered" });
  await outlet.close();
});

it("posts both in one request over HTTP", async () => {
  const backend = await startServer((_request, response) => void response.end());
  const outlet = await open({ endpoint: backend.url, protocol: "http" });
  expect(await outlet.deliver([relayed(1, 2), aMadeSpan("made"), relayed(3)], never)).toEqual({ status: "delivered" });
  expect(backend.received.map(({ body }) => namesIn(body))).toEqual([["span 1", "span 2", "GET /", "span 3"]]);
  await outlet.close();
});

it("sends spans that rules made to the endpoint of their trace, and to another while that one is down", async () => {
  const [a, b] = [await startOtlpBackend(), await startOtlpBackend()];
  const outlet = await open({ endpoints: [`http://${a.address}`, `http://${b.address}`] });
  const traces = Array.from({ length: 40 }, (_, n) => (n + 1).toString(16).padStart(2, "0").repeat(16));
  const both = traces.flatMap((traceId, n) => [aMadeSpan("made", { traceId, name: `made ${n + 1}` }), relayed(n + 1)]);
  expect(await outlet.deliver(both, never)).toEqual({ status: "delivered" });
  const at = ({ received }: OtlpBackend) => received.flatMap(({ body }) => namesIn(body));
  expect([...at(a), ...at(b)]).toHaveLength(80);
  for (const backend of [a, b]) {
    const numbers = (kind: string) =>
      at(backend).flatMap((name) => (name.startsWith(kind) ? [name.split(" ")[1]] : []));
    expect(numbers("made").length).toBeGreaterThan(0);
    expect(numbers("made").sort()).toEqual(numbers("span").sort());
  }
  b.stop();
  const before = at(a).length;
  expect(await outlet.deliver(both, never)).toEqual({ status: "delivered" });
  expect(at(a).length - before).toBe(80);
  await outlet.close();
});

it("takes items from the end for as many spans as the backend rejected, whole ones only", async () => {
  const backend = await startOtlpBackend();
  const outlet = await open({ endpoint: `http://${backend.address}` });
  backend.answer = Uint8Array.of(10, 2, 8, 3);
  expect(await outlet.deliver([relayed(1, 2), relayed(3, 4), relayed(5)], never)).toMatchObject({
    status: "partial",
    rejected: [1, 2],
  });
  expect(await outlet.deliver([relayed(1, 2, 3, 4)], never)).toEqual({ status: "delivered" });
  expect(await outlet.deliver([relayed(1, 2, 3)], never)).toMatchObject({ status: "rejected" });
  await outlet.close();
});

it("tries again what none of several endpoints took, and says what each said", async () => {
  const [a, b] = [await startOtlpBackend(), await startOtlpBackend()];
  const outlet = await open({ endpoints: [`http://${a.address}`, `http://${b.address}`] });
  a.answer = { code: 14, details: "a is away" };
  b.answer = { code: 14, details: "b is away" };
  const all = relayed(...Array.from({ length: 20 }, (_, n) => n + 1));
  const delivery = await outlet.deliver([all], never);
  expect(delivery).toMatchObject({ status: "retry", reason: expect.stringMatching(/(a|b) is away.*(a|b) is away/) });
  b.answer = { code: 3, details: "never" };
  expect(await outlet.deliver([all], never)).toMatchObject({ status: "rejected" });
  b.answer = new Uint8Array(0);
  expect(await outlet.deliver([all], never)).toEqual({ status: "delivered" });
  await outlet.close();
});

it.each([
  [{}, "endpoint"],
  [{ endpoint: "http://a:1", endpoints: ["http://b:1"] }, "endpoint"],
  [{ endpoints: ["http://a:1", "http://b:1/path"] }, "endpoints,1"],
])("finds what is wrong with %j", (params, path) => {
  const problems = otlp.validate?.(otlp.config.parse(params), []) ?? [];
  expect(problems.map((problem) => problem.path.join())).toEqual([path]);
});

it("moves only the traces of an endpoint that goes", () => {
  const endpoints = ["http://a", "http://b", "http://c"];
  const all = createRing(endpoints, () => false);
  const rest = createRing(endpoints, (endpoint) => endpoint === 1);
  const traces = Array.from({ length: 3000 }, (_, n) => Buffer.from(`trace ${n}`));
  const chosen = traces.map((trace) => all.choose(trace));
  for (const endpoint of [0, 1, 2]) expect(chosen.filter((each) => each === endpoint).length).toBeGreaterThan(800);
  for (const [i, trace] of traces.entries())
    expect(rest.choose(trace)).toBe(chosen[i] === 1 ? rest.choose(trace) : chosen[i]);
  expect(traces.some((trace) => rest.choose(trace) === 1)).toBe(false);
});

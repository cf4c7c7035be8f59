import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { aRequest, type RecordValues } from "../../test/support/stats-record.ts";
import { statsConfig } from "../config/stats-schema.ts";
import { openStats, type Stats } from "./stats.ts";

const start = Date.parse("2026-03-01T12:00:00Z");
const silent = { info() {}, warn() {}, error() {} };
let directory: string;
let stats: Stats;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "mixdown-sources-"));
});
afterEach(async () => {
  await stats.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Records what is given, a hundred times each, and asks for requests by service, both ways that the API has. */
async function requestsOf(all: readonly RecordValues[], sources: object = {}): Promise<Record<string, number>> {
  stats = await openStats({ config: statsConfig.parse({ sources }), directory, log: silent, now: () => start + 1000 });
  for (let i = 0; i < 100; i++) for (const values of all) stats.record(aRequest(start + i, values));
  const range = { from: start - 900_000, to: start + 1000, reporter: "auto", limit: 100 } as const;
  const services = await stats.services({ ...range, sort: "name", idle: false });
  const values = await stats.values({ ...range, attribute: "destination.service.name" });
  if (!services.ok || !values.ok) throw new Error("no answer");
  const found: Record<string, number> = {};
  for (const { name, requests } of services.value.services)
    if (requests > 0) found[name] = (found[name] ?? 0) + requests;
  const ranked = values.value.values.filter(({ requests }) => requests > 0);
  expect(Object.fromEntries(ranked.map(({ value, requests }) => [value, requests]))).toEqual(found);
  return found;
}

const server: RecordValues = {};
const client: RecordValues = { "context.reporter.kind": "outbound" };
const span = (values: RecordValues): RecordValues => ({ "context.signal": "span", ...values });
/** A single attempt of a proxy has no method; an RPC of a program has neither that nor a cluster. */
const call = span({ ...client, "request.method": undefined as never });
const attempt: RecordValues = { ...call, "upstream.cluster": "reviews" };

it("counts a service that only spans tell of, once for its server and its client", async () => {
  expect(await requestsOf([span(server), span(client), attempt])).toEqual({ reviews: 100 });
});

it("counts a client's spans where no server tells", async () => {
  expect(await requestsOf([span(client), attempt])).toEqual({ reviews: 100 });
});

it("counts calls without a method, and attempts not even where nothing else tells", async () => {
  expect(await requestsOf([call])).toEqual({ reviews: 100 });
  await stats.close();
  rmSync(directory, { recursive: true });
  expect(await requestsOf([attempt])).toEqual({});
});

it("counts a client's spans that reached no server beside the server's", async () => {
  const refused = { "context.proxy_error_code": "UF", "upstream.address": undefined as never };
  expect(await requestsOf([span(server), span({ ...client, ...refused })])).toEqual({ reviews: 200 });
  await stats.close();
  rmSync(directory, { recursive: true });
  expect(await requestsOf([span({ ...server, ...refused }), { ...attempt, ...refused }])).toEqual({ reviews: 100 });
});

it("counts access logs where both tell, whatever comes first", async () => {
  expect(await requestsOf([span(server), span(client), attempt, server, client])).toEqual({ reviews: 100 });
});

it("counts access logs of a client where spans of the server tell of the same", async () => {
  expect(await requestsOf([span(server), client, client])).toEqual({ reviews: 200 });
});

it("knows a service without a namespace in spans", async () => {
  const bare = span({ ...server, "destination.service.namespace": undefined as never });
  const other = span({ ...server, "destination.service.namespace": "prod" });
  expect(await requestsOf([bare, server])).toEqual({ reviews: 100 });
  await stats.close();
  rmSync(directory, { recursive: true });
  expect(await requestsOf([other, server])).toEqual({ reviews: 200 });
});

it("counts spans of the services that the configuration names", async () => {
  const details: RecordValues = { "destination.service.name": "details", "destination.canonical.name": "details" };
  const both = [server, server, span(server), details, details, span({ ...server, ...details })];
  const sources = { services: [{ service: "details", namespace: "default", prefer: "span" }] };
  expect(await requestsOf(both, sources)).toEqual({ details: 100, reviews: 200 });
  await stats.close();
  rmSync(directory, { recursive: true });
  expect(await requestsOf(both, { prefer: "span" })).toEqual({ details: 100, reviews: 100 });
});

it("counts no work within a process, and no calls of databases", async () => {
  const internal = span({ ...server, "context.reporter.kind": undefined as never });
  const database = span({ ...client, "context.protocol": undefined as never });
  expect(await requestsOf([internal, database])).toEqual({});
});

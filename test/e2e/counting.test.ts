import { afterAll, beforeAll, expect, test } from "vitest";
import { AccessLogType } from "../../schemas/gen/envoy/data/accesslog/v3/accesslog_pb.js";
import { type AccessLogClient, accessLogClient } from "./support/als-client.ts";
import { httpMessage, identifierMessage, requestEntry } from "./support/als-messages.ts";
import { type Hub, startHub } from "./support/hub.ts";
import { waitUntil } from "./support/wait.ts";

const streams = 12;
const requests = 10_000;
const { DownstreamStart, DownstreamPeriodic, UpstreamPoolReady, UpstreamEnd, DownstreamEnd } = AccessLogType;

let hub: Hub;
let clients: AccessLogClient[];

beforeAll(async () => {
  hub = await startHub();
  clients = Array.from({ length: streams }, () => accessLogClient(hub.listeners.grpc ?? ""));
});

afterAll(async () => {
  for (const client of clients) client.close();
  await hub.stop();
});

/** Every entry a proxy may write for one request; the end of the upstream may come after the end of the request. */
function entriesOf(request: number) {
  const id = `request-${request}`;
  const ends = request % 2 === 0 ? [UpstreamEnd, DownstreamEnd] : [DownstreamEnd, UpstreamEnd];
  const types = [DownstreamStart, UpstreamPoolReady, ...Array(request % 3).fill(DownstreamPeriodic), ...ends];
  return types.map((type) => requestEntry({ id, type, code: request % 10 === 0 ? 503 : 200 }));
}

async function sendShare(client: AccessLogClient, share: number): Promise<number> {
  const stream = client.open();
  await stream.send(identifierMessage(`proxy-${share}`));
  const entries = Array.from({ length: requests }, (_, request) => request)
    .filter((request) => request % streams === share)
    .flatMap(entriesOf);
  for (let at = 0; at < entries.length; at += 50) await stream.send(httpMessage(entries.slice(at, at + 50)));
  await stream.end();
  return entries.length;
}

test("10,000 requests on 12 streams, with start, periodic and upstream entries among them, count 10,000", async () => {
  const sent = await Promise.all(clients.map(sendShare));
  const entries = sent.reduce((total, one) => total + one);
  expect(entries).toBeGreaterThan(4 * requests);
  await waitUntil("every entry to arrive", async () => (await hub.total("mixdown_records_total")) >= entries);

  expect(await hub.total("istio_requests_total")).toBe(requests);
  expect(await hub.total("istio_requests_total", { response_code: "503" })).toBe(requests / 10);
  expect(await hub.total("istio_request_duration_milliseconds_count")).toBe(requests);
  expect(await hub.total("mixdown_records_total", { outcome: "malformed" })).toBe(0);
});

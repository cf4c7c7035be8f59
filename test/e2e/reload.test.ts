import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AccessLogClient, accessLogClient } from "./support/als-client.ts";
import { httpMessage, identifierMessage, requestEntry } from "./support/als-messages.ts";
import { freePorts, type Hub, startHub } from "./support/hub.ts";
import { measured } from "./support/needs.ts";
import { pause, waitUntil } from "./support/wait.ts";

const batch = 20;
const reloads = 12;

/** A handler and a rule that stay, and a rule, an instance and a handler that differ from one reload to the next. */
const settings = (round: number) => ({
  ...freePorts,
  handlers: {
    steady: { adapter: "prometheus" },
    [`changing${round % 2}`]: { adapter: "prometheus" },
  },
  instances: {
    steady_requests: { template: "metric", params: { dimensions: { code: "response.code" } } },
    [`round_${round}`]: { template: "metric", params: { dimensions: { host: "request.host" } } },
  },
  rules: [
    { name: "steady", actions: [{ handler: "steady", instances: ["steady_requests"] }] },
    {
      name: `round ${round}`,
      match: `response.code == 200 && request.size < ${round + 1}`,
      actions: [{ handler: `changing${round % 2}`, instances: [`round_${round}`] }],
    },
  ],
});

let hub: Hub;
let client: AccessLogClient;

beforeAll(async () => {
  hub = await startHub({ settings: settings(0) });
  client = accessLogClient(hub.listeners.grpc ?? "");
});

afterAll(async () => {
  client.close();
  await hub.stop();
});

const applied = () => hub.total("mixdown_config_reloads_total", { outcome: "applied" });
const refused = () => hub.total("mixdown_config_reloads_total", { outcome: "refused" });

/** Sends batches until told to stop; gives the requests sent. */
function keepSending(): { stop(): Promise<number> } {
  let running = true;
  const run = async () => {
    const stream = client.open();
    await stream.send(identifierMessage("steady-proxy"));
    let sent = 0;
    while (running) {
      await stream.send(httpMessage(Array.from({ length: batch }, (_, at) => requestEntry({ id: `${sent + at}` }))));
      sent += batch;
      await pause(1);
    }
    await stream.end();
    return sent;
  };
  const sending = run();
  return {
    stop() {
      running = false;
      return sending;
    },
  };
}

test("reloads under load lose nothing; series and streams carry over", async () => {
  const load = keepSending();
  await waitUntil("the first records", async () => (await hub.total("steady_requests_total")) > 0);
  let last = 0;
  for (let round = 1; round <= reloads; round++) {
    const before = await applied();
    hub.configure(settings(round));
    hub.process.signal("SIGHUP");
    await waitUntil(`reload ${round}`, async () => (await applied()) > before);
    await waitUntil("the new rule to count", async () => (await hub.total(`round_${round}_total`)) > 0);
    const now = await hub.total("steady_requests_total");
    expect(now).toBeGreaterThanOrEqual(last);
    last = now;
  }
  const sent = await load.stop();
  await waitUntil("every record to arrive", async () => (await hub.total("mixdown_records_total")) >= sent);
  measured("reload under load", `${reloads} reloads while ${sent} requests arrived on one stream`);
  expect(await hub.total("steady_requests_total")).toBe(sent);
  expect(await hub.total("istio_requests_total")).toBe(sent);
  expect(await hub.total("mixdown_connections_closed_total", { reason: /^(?!peer$)/ })).toBe(0);
  expect(await refused()).toBe(0);
});

test.each([
  ["text that is no YAML", "rules: ["],
  [
    "a rule with an unknown handler",
    "rules: [{ name: bad, actions: [{ handler: nobody, instances: [steady_requests] }] }]",
  ],
  ["an unknown key", "listenerz: {}"],
])("a bad file (%s) changes nothing, is logged and counted", async (_, text) => {
  const [before, counted, refusals] = [await applied(), await hub.total("steady_requests_total"), await refused()];
  const load = keepSending();
  writeFileSync(hub.configFile, text);
  hub.process.signal("SIGHUP");
  await waitUntil("the reload to be refused", async () => (await refused()) > refusals);
  const sent = await load.stop();
  await waitUntil(
    "every record to count as before",
    async () => (await hub.total("steady_requests_total")) === counted + sent,
  );
  expect(await applied()).toBe(before);
  expect(hub.process.status()).toBeUndefined();
  expect(JSON.stringify(hub.log().at(-1))).toContain("config.yaml");
});

test("after bad files a good one is taken again", async () => {
  const before = await applied();
  hub.configure(settings(99));
  hub.process.signal("SIGHUP");
  await waitUntil("the reload", async () => (await applied()) > before);
});

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { guideFiles, writeGuideFiles } from "../support/guide.ts";
import { startServer, type TestServer } from "../support/http-server.ts";
import { accessLogClient } from "./support/als-client.ts";
import { httpMessage, identifierMessage, requestEntry } from "./support/als-messages.ts";
import { harmful, neverDelivering, throwingAggregator } from "./support/bad-plugins.ts";
import { startChild } from "./support/child.ts";
import { temporaryFolder } from "./support/folder.ts";
import { freePorts, type Hub, startHub } from "./support/hub.ts";
import { waitFor, waitUntil } from "./support/wait.ts";

const folder = temporaryFolder("plugins");
const file = (name: string) => join(folder.path, name);
const write = (name: string, text: string) => writeFileSync(file(name), text);
let hook: TestServer;

beforeAll(async () => {
  writeGuideFiles(folder.path);
  hook = await startServer((_request, response) => response.end());
});
afterAll(() => folder.remove());

/** The guide's configuration, with the adapter where the test put it, and what the test adds. */
function settings(more: { handlers?: object; actions?: object[]; instances?: object } = {}) {
  const { handlers, instances, rules } = parse(guideFiles()["mesh.yaml"]);
  const [rule] = rules;
  return {
    ...freePorts,
    handlers: {
      audit: {
        ...handlers.audit,
        adapter: file("audit.ts"),
        params: { url: `${hook.url}/audit`, token: "s3cret" },
        batch: { maxAge: "50ms" },
      },
      ...more.handlers,
    },
    instances: { ...instances, ...more.instances },
    rules: [{ ...rule, actions: [...rule.actions, ...(more.actions ?? [])] }],
  };
}

/** In envoy.config.core.v3.RequestMethod. */
const POST = 3;

/** Sends what a proxy reports of POST requests with these paths. */
async function send(hub: Hub, paths: readonly string[]): Promise<void> {
  const client = accessLogClient(hub.listeners.grpc ?? "");
  const stream = client.open();
  await stream.send(identifierMessage("proxy"));
  const entries = paths.map((path) => requestEntry({ id: path, path, method: POST }));
  for (let at = 0; at < entries.length; at += 50) await stream.send(httpMessage(entries.slice(at, at + 50)));
  await stream.end();
  client.close();
}

/** What the hook was sent so far, as objects. */
const received = () => hook.received.flatMap(({ body }) => JSON.parse(String(body)) as Record<string, unknown>[]);
const pathsOf = (prefix: string) =>
  received()
    .map(({ path }) => String(path))
    .filter((path) => path.startsWith(prefix))
    .sort();
const numbered = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}${i}`).sort();

interface HandlerRow {
  readonly name: string;
  readonly received: number;
  readonly delivered: number;
  readonly pending: number;
  readonly deadLettered: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly lastError?: { readonly reason: string };
}

async function handlersOf(hub: Hub): Promise<ReadonlyMap<string, HandlerRow>> {
  const { handlers } = (await (await hub.get("/api/v1/handlers")).json()) as { handlers: HandlerRow[] };
  return new Map(handlers.map((row) => [row.name, row]));
}

describe("an adapter from the guide, in a hub with others that do everything wrong", () => {
  const count = 300;
  const outlets = { ...neverDelivering, ...harmful };
  let hub: Hub;

  beforeAll(async () => {
    for (const [name, text] of Object.entries(outlets)) write(`${name}.ts`, text);
    write("aggregator.ts", throwingAggregator);
    const lane = {
      batch: { maxAge: "50ms" },
      retry: { initial: "10ms", max: "500ms", maxElapsed: "1s" },
      timeout: "200ms",
    };
    const handlers = Object.fromEntries(
      Object.keys(outlets).map((name) => [name, { adapter: file(`${name}.ts`), ...lane }]),
    );
    hub = await startHub({
      base: [],
      settings: settings({
        handlers: {
          ...handlers,
          aggregator: { adapter: file("aggregator.ts") },
          prometheus: { adapter: "prometheus" },
        },
        instances: { requests: { template: "metric" } },
        actions: [
          ...Object.keys(outlets).map((handler) => ({ handler, instances: ["write"] })),
          ...["aggregator", "prometheus"].map((handler) => ({ handler, instances: ["requests"] })),
        ],
      }),
    });
    await send(hub, numbered("/all/", count));
  });

  test("receives every record once, as does what is built in", async () => {
    await waitUntil("the hook to have everything", () => pathsOf("/all/").length >= count);
    expect(pathsOf("/all/")).toEqual(numbered("/all/", count));
    expect(received()[0]).toEqual({
      time: expect.stringMatching(/^2027-01-15T08:00:00\.003Z$/),
      method: "POST",
      path: expect.any(String),
      code: 200,
    });
    expect(hook.received[0]?.headers.authorization).toBe("Bearer s3cret");
    expect(await hub.total("requests_total")).toBe(count);
  });

  test("keeps its secrets where the configuration is shown", async () => {
    const shown = await (await hub.get("/api/v1/config")).text();
    expect(shown).toContain(`${hook.url}/audit`);
    expect(shown).not.toContain("s3cret");
  });

  test.each(Object.keys(neverDelivering))("%s loses what it was sent, counted, and nothing else", async (name) => {
    const row = await waitFor(
      `the lane of ${name} to end`,
      async () => {
        const found = (await handlersOf(hub)).get(name);
        return found?.pending === 0 ? found : undefined;
      },
      30_000,
    );
    expect(row).toMatchObject({ received: count, delivered: 0, deadLettered: 0, dropped: { expired: count } });
    expect(row.lastError?.reason).toMatch(/./);
  });

  test("a flood in the log is cut, and that is said", async () => {
    await waitUntil(
      "the flood",
      async () => (await hub.total("mixdown_handler_log_cut_total", { handler: "flooding" })) > 0,
    );
    const flood = hub.log().filter((line) => line.handler === "flooding" && line.msg === "flood");
    expect(flood.length).toBeGreaterThan(0);
    expect(flood.length).toBeLessThanOrEqual(200);
    expect(hub.log()).toContainEqual(expect.objectContaining({ handler: "flooding", lines: 100 }));
    expect((await handlersOf(hub)).get("flooding")).toMatchObject({ delivered: count });
  });

  test("errors that it lets go of are logged, and the hub goes on", async () => {
    const stray = "a plug-in let go of an error that nothing caught";
    await waitUntil("the error in the log", () => hub.log().some(({ msg }) => msg === stray));
    expect((await handlersOf(hub)).get("straying")).toMatchObject({ delivered: count });
    expect((await hub.get("/readyz")).status).toBe(200);
  });

  test("an aggregator that throws drops what it was sent, and fails no page", async () => {
    expect((await handlersOf(hub)).get("aggregator")).toMatchObject({
      delivered: 0,
      dropped: { adapter_fault: count },
    });
    expect((await hub.get("/metrics")).status).toBe(200);
  });

  test("the ledgers balance", async () => {
    for (const { name, received, delivered, deadLettered, pending, dropped } of (await handlersOf(hub)).values()) {
      const lost = Object.values(dropped).reduce((sum, value) => sum + value, 0);
      expect(delivered + deadLettered + pending + lost, name).toBe(received);
    }
  });

  test("the hub stops, though one never closes and one leaves a timer", async () => {
    expect(await hub.stop()).toBe(0);
    expect(hub.log().map(({ msg }) => msg)).toContain("stopped");
  });
});

describe("an adapter that changes while the hub runs", () => {
  let hub: Hub;
  const text = guideFiles()["audit.ts"];
  const withVersion = (version: string) => text.replace("...variables }", `...variables, ${version} }`);

  beforeAll(async () => {
    hub = await startHub({ base: [], settings: settings() });
  });
  afterAll(() => hub.stop());

  const reloads = (outcome: string) => hub.total("mixdown_config_reloads_total", { outcome });
  const versionOf = (path: string) => received().find((event) => event.path === path)?.version;

  test("is loaded anew, with what it imports", async () => {
    write("version.ts", "export const version: number = 2;");
    write("audit.ts", `import { version } from "./version.ts";\n${withVersion("version")}`);
    await waitUntil("the second version", async () => (await reloads("applied")) === 1);
    await send(hub, ["/second"]);
    write("version.ts", "export const version: number = 3;");
    await waitUntil("the third version", async () => (await reloads("applied")) === 2);
    await send(hub, ["/third"]);
    await waitUntil("both events", () => versionOf("/second") !== undefined && versionOf("/third") !== undefined);
    expect([versionOf("/second"), versionOf("/third")]).toEqual([2, 3]);
  });

  test("loses nothing and sends nothing twice while it is loaded anew under load", async () => {
    const before = await reloads("applied");
    let sent = 0;
    for (let version = 10; version < 15; version++) {
      write("version.ts", `export const version: number = ${version};`);
      while ((await reloads("applied")) < before + version - 9) {
        await send(
          hub,
          Array.from({ length: 100 }, (_, i) => `/load/${sent + i}`),
        );
        sent += 100;
      }
    }
    await waitUntil("everything", () => pathsOf("/load/").length >= sent);
    expect(pathsOf("/load/")).toEqual(numbered("/load/", sent));
    const versions = new Set(
      received()
        .filter(({ path }) => String(path).startsWith("/load/"))
        .map((event) => event.version),
    );
    expect(versions.size).toBeGreaterThan(3);
    write("version.ts", "export const version: number = 3;");
    await waitUntil("the third version again", async () => (await reloads("applied")) === before + 6);
  });

  test("is refused with file and line when it is broken; the running one stays", async () => {
    write("version.ts", "export const version: number = ;");
    await waitUntil("the refusal", async () => (await reloads("refused")) === 1);
    const refusal = hub.log().find(({ msg }) => String(msg).includes("the running one stays"));
    expect(refusal?.problems).toEqual([expect.stringMatching(/cannot be loaded: \S+version\.ts:1: SyntaxError/)]);
    await send(hub, ["/broken"]);
    await waitUntil("the event", () => versionOf("/broken") !== undefined);
    expect(versionOf("/broken")).toBe(3);
  });
});

test("an adapter's own expressions are evaluated for each record", async () => {
  const text = guideFiles()
    ["audit.ts"].replace(
      "config: z.strictObject({",
      "config: z.strictObject({\n    key: z.string().meta({ expression: true }),",
    )
    .replace("({ time, variables }) => ({", "({ time, variables, computed }) => ({ ...computed,");
  write("keyed.ts", text);
  const { handlers, ...rest } = settings();
  const params = { ...handlers.audit.params, key: 'request.path + "!"' };
  const keyed = { audit: { ...handlers.audit, adapter: file("keyed.ts"), params } };
  const hub = await startHub({ base: [], settings: { ...rest, handlers: keyed } });
  await send(hub, ["/keyed"]);
  const event = await waitFor("the event", () => received().find(({ path }) => path === "/keyed"));
  expect(event.key).toBe("/keyed!");
  expect(await hub.stop()).toBe(0);
});

describe("a hub that does not start", () => {
  const serve = (config: string) => startChild(process.execPath, ["bin/mixdown.js", "serve", "--config", config]);

  test.each([
    ["open that throws", harmless("throw null;"), 69, /handler audit: .*null/],
    [
      "an adapter that gives nothing",
      harmless("return 5;"),
      69,
      /handler audit: \\"open\\" of the adapter audit gave number/,
    ],
    [
      "a broken adapter",
      "export default {",
      78,
      /^\S+mesh\.yaml:3:\d+: the adapter "\.\/audit\.ts" cannot be loaded: \S+audit\.ts:1: /m,
    ],
  ])("%s: says so and ends", async (_, text, status, message) => {
    const own = temporaryFolder("plugin");
    writeGuideFiles(own.path);
    writeFileSync(join(own.path, "audit.ts"), text);
    const child = serve(join(own.path, "mesh.yaml"));
    expect(await child.ended()).toBe(status);
    expect(child.stderr()).toMatch(message);
    own.remove();
  });

  function harmless(open: string): string {
    return guideFiles()["audit.ts"].replace("const headers", `${open}\n    const headers`);
  }
});

test("validate ends, whatever an adapter leaves open", async () => {
  write("open.ts", `setInterval(() => {}, 1000);\n${guideFiles()["audit.ts"]}`);
  write("open.yaml", guideFiles()["mesh.yaml"].replace("./audit.ts", "./open.ts"));
  const child = startChild(process.execPath, ["bin/mixdown.js", "validate", "--config", file("open.yaml")]);
  expect([await child.ended(), child.stdout()]).toEqual([
    0,
    "the configuration is good: 1 handler, 1 instance, 1 rule\n",
  ]);
});

import pino from "pino";
import { describe, expect, it } from "vitest";
import { noTracer, type TracedWork } from "../schemas/model/traced-work.ts";
import type { CheckedConfig } from "./config/checked.ts";
import { load, messages } from "./config/load.fixture.ts";
import { HubError } from "./errors.ts";
import { createReloader } from "./reload.ts";
import { createHubMetrics } from "./telemetry/metrics.ts";

const base = `
listeners: { grpc: { address: "127.0.0.1:1" } }
handlers:
  a: { adapter: gauge, params: { size: 5 } }
  b: { adapter: gauge }
instances:
  requests: { template: metric, params: { dimensions: { code: response.code } } }
rules:
  - { name: one, actions: [{ handler: a, instances: [requests] }] }
  - { name: two, actions: [{ handler: b, instances: [requests] }] }
`;

const swapped = `
${base.slice(0, base.indexOf("rules:"))}
rules:
  - { name: two, actions: [{ handler: b, instances: [requests] }] }
  - { name: one, actions: [{ handler: a, instances: [requests] }] }
`;

/** A reloader whose files are one text, with what it told the hub and the log. */
function setUp(open: (next: CheckedConfig) => Promise<void> = async () => {}, tracer = noTracer) {
  let text = base;
  const first = load([base]);
  if (!first.ok) throw new Error(messages(first).join("\n"));
  const lines: Record<string, unknown>[] = [];
  const taken: CheckedConfig[] = [];
  const metrics = createHubMetrics();
  const hub = {
    metrics,
    tracer,
    async reload(next: CheckedConfig) {
      await open(next);
      taken.push(next);
    },
  };
  const log = pino({ base: null, timestamp: false }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const reloader = createReloader({ hub, load: async () => load([text]), first, log });
  return {
    lines,
    taken,
    /** Changes the file without telling. */
    write: (next: string) => {
      text = next;
    },
    reloader,
    /** Replaces text in the file as it was at first, and reloads. */
    change: (from: string, to: string) => {
      text = base.replace(from, to);
      return reloader.reload("test");
    },
    async outcomes() {
      const { values } = await metrics.reloads.get();
      return Object.fromEntries(values.map(({ labels, value }) => [labels.outcome, value]));
    },
  };
}

describe("a reload that is applied", () => {
  it.each([
    ["size: 5", "size: 6", { handlers: { changed: ["a"] } }],
    ["size: 5", "", { handlers: { changed: ["a"] } }],
    ["name: two", "name: three", { rules: { added: ["three"], removed: ["two"] } }],
    ["name: two,", "name: two, match: response.code == 200,", { rules: { changed: ["two"] } }],
    [
      "code: response.code",
      "size: request.size",
      { handlers: { changed: ["a", "b"] }, instances: { changed: ["requests"] } },
    ],
    ["handlers:", "routes: { learn: false }\nhandlers:", { sections: ["routes"] }],
  ])("from %s to %s is logged by name", async (from, to, changes) => {
    const { change, lines, taken, outcomes } = setUp();
    await change(from, to);
    expect(lines).toEqual([{ level: 30, cause: "test", ...changes, msg: "reloaded" }]);
    expect(taken).toHaveLength(1);
    expect(await outcomes()).toEqual({ applied: 1 });
  });

  it("tells of another order", async () => {
    const { write, reloader, lines } = setUp();
    write(swapped);
    await reloader.reload("test");
    expect(lines).toEqual([{ level: 30, cause: "test", order: true, msg: "reloaded" }]);
  });

  it("names what is probably not meant", async () => {
    const { change, lines } = setUp();
    await change("name: two, actions: [{ handler: b", "name: two, actions: [{ handler: a");
    expect(lines).toEqual([
      expect.objectContaining({ msg: "reloaded" }),
      expect.objectContaining({ level: 40, problem: expect.stringContaining('handler "b"') }),
    ]);
  });

  it("is what the next one is compared with", async () => {
    const { change, lines } = setUp();
    await change("size: 5", "size: 6");
    await change("", "");
    await change("", "");
    expect(lines.map(({ msg, handlers }) => [msg, handlers])).toEqual([
      ["reloaded", { changed: ["a"] }],
      ["reloaded", { changed: ["a"] }],
      ["the configuration has not changed", undefined],
    ]);
  });
});

describe("listeners", () => {
  const waiting = (lines: readonly Record<string, unknown>[]) =>
    lines.filter(({ msg }) => msg === "listeners have changed; that waits for a restart").map((line) => line.listeners);

  it("that changed are named with their settings, and wait", async () => {
    const { change, lines, outcomes } = setUp();
    await change(
      '"127.0.0.1:1" }',
      '"127.0.0.1:2", reporter: inbound }, http: null, more: { address: "127.0.0.1:3", serves: [admin] }',
    );
    expect(waiting(lines)).toEqual([["grpc: address, reporter changed", "http: removed", "more: added"]]);
    expect(await outcomes()).toEqual({ applied: 1 });
  });

  it("wait on while other things are reloaded, and no longer when they are as at the start", async () => {
    const { change, write, reloader, lines } = setUp();
    await change("127.0.0.1:1", "127.0.0.1:2");
    write(base.replace("127.0.0.1:1", "127.0.0.1:2").replace("size: 5", "size: 6"));
    await reloader.reload("test");
    expect(waiting(lines)).toEqual([["grpc: address changed"], ["grpc: address changed"]]);
    await change("", "");
    expect(waiting(lines)).toHaveLength(2);
  });
});

describe("a reload of the same settings", () => {
  it.each([
    ["", ""],
    ["handlers:", "# a comment\nhandlers:"],
    ["size: 5", "size: 0x5"],
  ])("(%s to %s) touches nothing", async (from, to) => {
    const { change, lines, taken, outcomes } = setUp();
    await change(from, to);
    expect(lines).toEqual([{ level: 30, cause: "test", msg: "the configuration has not changed" }]);
    expect(taken).toEqual([]);
    expect(await outcomes()).toEqual({ unchanged: 1 });
  });
});

describe("a reload that is refused", () => {
  const refusal = "the changed configuration is refused; the running one stays";

  it("lists every problem and does not reach the hub", async () => {
    const { change, lines, taken, outcomes } = setUp();
    await change("handler: a, instances: [requests]", "handler: c, instances: [request]");
    expect(lines).toMatchObject([{ level: 50, cause: "test", msg: refusal }]);
    expect(lines[0]?.problems).toEqual([expect.stringMatching(/^a\.yaml:9:/), expect.stringContaining('"requests"')]);
    expect(taken).toEqual([]);
    expect(await outcomes()).toEqual({ refused: 1 });
  });

  it("since a handler cannot open leaves the running one, and is tried again", async () => {
    let broken = true;
    const { change, lines, outcomes } = setUp(async () => {
      if (broken) throw new HubError("HANDLER_OPEN_FAILED", "handler a: port in use");
    });
    await change("size: 5", "size: 6");
    expect(lines).toEqual([{ level: 50, cause: "test", problems: ["handler a: port in use"], msg: refusal }]);
    broken = false;
    await change("size: 5", "size: 6");
    expect(lines[1]).toEqual({ level: 30, cause: "test", handlers: { changed: ["a"] }, msg: "reloaded" });
    expect(await outcomes()).toEqual({ refused: 1, applied: 1 });
  });

  it("does not stand in the way of the next", async () => {
    const { change, lines } = setUp();
    await change("rules:", "rules: [");
    await change("size: 5", "size: 6");
    expect(lines.map(({ msg }) => msg)).toEqual([refusal, "reloaded"]);
  });
});

describe("reloads asked for at once", () => {
  it("run one after the other, each with the files as they are by then", async () => {
    const events: string[] = [];
    const gates: (() => void)[] = [];
    const { write, reloader, lines } = setUp(async ({ handlers }) => {
      const size = JSON.stringify(handlers.get("a")?.params);
      events.push(`begin ${size}`);
      await new Promise<void>((resolve) => gates.push(resolve));
      events.push(`end ${size}`);
    });
    write(base.replace("size: 5", "size: 6"));
    const one = reloader.reload("one");
    const two = reloader.reload("two");
    await expect.poll(() => gates.length).toBe(1);
    write(base.replace("size: 5", "size: 7"));
    expect(events).toHaveLength(1);
    gates[0]?.();
    await one;
    await expect.poll(() => gates.length).toBe(2);
    gates[1]?.();
    await two;
    expect(events.map((event) => event.replace(/ .*"size":(\d+).*/, " $1"))).toEqual([
      "begin 6",
      "end 6",
      "begin 7",
      "end 7",
    ]);
    expect(lines.map(({ cause }) => cause)).toEqual(["one", "two"]);
  });
});

it("is traced with what came of it", async () => {
  const ends: unknown[] = [];
  const work: TracedWork = { start: () => work, end: (...end) => void ends.push(end) };
  const { change } = setUp(undefined, { isOn: true, start: () => work });
  await change("size: 5", "size: 6");
  await change("size: 5", "size: 6");
  await change("size: 5", "size: none");
  expect(ends).toEqual([
    [{ "mixdown.cause": "test", "mixdown.outcome": "applied" }, undefined],
    [{ "mixdown.cause": "test", "mixdown.outcome": "unchanged" }, undefined],
    [{ "mixdown.cause": "test", "mixdown.outcome": "refused" }, "refused"],
  ]);
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createHandlerLog } from "./handler-log.ts";

function setUp() {
  const written: [string, object, string][] = [];
  let nowMs = 0;
  let cut = 0;
  const to = (level: string) => (fields: object, message: string) => void written.push([level, fields, message]);
  const lines = { info: to("info"), warn: to("warn"), error: to("error") };
  const log = createHandlerLog(lines, { now: () => nowMs, onCut: (count) => (cut += count) });
  return { log, written, cut: () => cut, pass: (ms: number) => (nowMs += ms) };
}

/** What a line becomes of these arguments, whatever their types. */
function line(...args: unknown[]) {
  const { log, written } = setUp();
  (log.info as (...args: unknown[]) => void)(...args);
  return written[0];
}

describe("a handler's log", () => {
  test("passes lines on with their level", () => {
    const { log, written } = setUp();
    log.info({ a: 1 }, "one");
    log.warn({}, "two");
    log.error({ b: [2] }, "three");
    expect(written).toEqual([
      ["info", { a: 1 }, "one"],
      ["warn", {}, "two"],
      ["error", { b: [2] }, "three"],
    ]);
  });

  test("cuts a flood, says so at once, and how much it was once it goes on", () => {
    const { log, written, cut, pass } = setUp();
    for (let i = 0; i < 1000; i++) log.info({ i }, "flood");
    expect(written).toHaveLength(101);
    expect(written.at(-1)).toEqual(["warn", { lines: 100, seconds: 10 }, expect.stringContaining("the rest is cut")]);
    expect(cut()).toBe(900);
    pass(10_000);
    log.info({}, "after");
    expect(written.slice(101)).toEqual([
      ["warn", { cut: 900 }, "the handler logged too much: lines were cut"],
      ["info", {}, "after"],
    ]);
  });

  test("goes on when the clock is set back", () => {
    const { log, written, pass } = setUp();
    for (let i = 0; i < 101; i++) log.info({ i }, "flood");
    pass(-3_600_000);
    log.info({}, "after");
    expect(written.at(-1)).toEqual(["info", {}, "after"]);
  });

  test("says nothing of cuts where there were none", () => {
    const { log, written, pass } = setUp();
    for (let i = 0; i < 300; i++) {
      log.info({ i }, "steady");
      pass(100);
    }
    expect(written).toHaveLength(300);
  });
});

describe("what an adapter hands over", () => {
  const circle: Record<string, unknown> = { name: "a" };
  circle.self = circle;

  test.each([
    ["a big integer", { n: 2n ** 70n }, { n: "1180591620717411303424" }],
    ["a circle beside plain fields", { ok: 1, circle }, { ok: 1, circle: "(cannot be shown)" }],
    [
      "a getter that throws",
      {
        ok: 1,
        get bad() {
          throw new Error("no");
        },
      },
      { ok: 1, bad: "(cannot be shown)" },
    ],
    [
      "a toJSON that throws",
      {
        ok: 1,
        bad: {
          toJSON() {
            throw 1;
          },
        },
      },
      { ok: 1, bad: "(cannot be shown)" },
    ],
    [
      "a proxy that throws",
      new Proxy(
        {},
        {
          ownKeys() {
            throw 1;
          },
        },
      ),
      { value: "(cannot be shown)" },
    ],
    ["functions and symbols", { f() {}, s: Symbol("x"), ok: 1 }, { ok: 1 }],
    ["a list", [1, 2], { value: [1, 2] }],
    ["a number", 5, { value: 5 }],
    ["nothing", undefined, { value: "undefined" }],
    [
      "names that the log itself writes",
      { level: "x", msg: "y", handler: "z", time: 1 },
      { level_: "x", msg_: "y", handler_: "z", time_: 1 },
    ],
    ["too much", { text: "x".repeat(1e5), more: 1 }, { cutFields: ["text", "more"], characters: 100_020 }],
  ])("%s", (_, fields, expected) => {
    expect(line(fields, "message")).toEqual(["info", expected, "message"]);
  });

  test("anything at all is a line of plain data of bounded size", () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withNullPrototype: true, withDate: true }),
        fc.anything(),
        (...args) => {
          const [level, fields, message] = line(...args) ?? [];
          expect(level).toBe("info");
          expect(JSON.stringify(fields).length).toBeLessThan(10_000);
          expect(JSON.parse(JSON.stringify(fields))).toEqual(fields);
          expect(typeof message).toBe("string");
        },
      ),
    );
  });

  test("errors keep name, message, stack and code", () => {
    const error = Object.assign(new TypeError("no"), { code: "E_NO" });
    const plain = { type: "TypeError", message: "no", stack: expect.stringContaining("TypeError: no"), code: "E_NO" };
    expect(line({ error }, "m")).toEqual(["info", { error: plain }, "m"]);
    expect(line(error, "m")).toEqual(["info", { err: plain }, "m"]);
  });

  test.each([
    [["only a message"], {}, "only a message"],
    [[{ a: 1 }], { a: 1 }, "undefined"],
    [[{ a: 1 }, 7], { a: 1 }, "7"],
    [[{ a: 1 }, Object.create(null)], { a: 1 }, "{}"],
    [[{}, "x".repeat(5000)], {}, "x".repeat(2000)],
  ])("odd calls are lines, too", (args, fields, message) => {
    expect(line(...args)).toEqual(["info", fields, message]);
  });
});

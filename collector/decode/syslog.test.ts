import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSyslog } from "./syslog.ts";

const parse = (text: string) => parseSyslog(Buffer.from(text));

describe("headers as senders write them", () => {
  it.each([
    ['<134>1 2026-11-23T09:22:48.079925+00:00 edge-1 haproxy 367 - - {"a":1}', "edge-1", "haproxy"],
    ["<134>1 2026-11-23T09:22:48Z - haproxy 367 - - {}\n", undefined, "haproxy"],
    ['<165>1 2026-11-23T09:22:48Z host app - ID47 [x@1 k="v{\\"]}"][y@1 z="1"] {"a":1}', "host", "app"],
    ['<165>1 - - - - - [x@1] \ufeff{"a":1}', undefined, undefined],
    ['<190>Nov 23 09:22:48 vm nginx: {"a":1}', "vm", "nginx"],
    ["<190>Nov  3 09:22:48 nginx: {}", undefined, "nginx"],
    ["<134>Nov 23 09:22:48 haproxy[123]: {}", undefined, "haproxy"],
    ["<134>Nov 23 09:22:48 vm haproxy[123]:{}", "vm", "haproxy"],
    ["<134>2026-11-23T09:22:48+01:00 vm app: {}", "vm", "app"],
    ["<134>Nov 23 2026 09:22:48.123 vm app: @cee: {}", "vm", "app"],
    ["<134>vm {}", "vm", undefined],
    ["<134>{}", undefined, undefined],
    ["{}", undefined, undefined],
    [`<1>${"h".repeat(300)} app: {}`, undefined, "app"],
  ])("%s", (text, host, app) => {
    expect(parse(text)).toMatchObject({ sender: { host, app } });
  });

  it("and the object behind them", () => {
    expect(parse('<134>1 - - - - - [x k="{"] {"a":{"b":"é"}}\n')).toMatchObject({ value: { a: { b: "é" } } });
    expect(parse('<1>vm app: {"a":1}\0')).toMatchObject({ value: { a: 1 } });
    expect(parseSyslog(Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d]))).toMatchObject({
      value: { a: "\ufffd" },
    });
  });
});

it.each([
  ["<134>1 2026-11-23T09:22:48Z - haproxy 367 - - Connect from 1.2.3.4", "no_json"],
  ["", "no_json"],
  ["<134", "no_json"],
  ['<134>haproxy: {"a":"cut o', "malformed_json"],
  ["<134>haproxy: {} {}", "malformed_json"],
])("%j has none: %s", (text, fault) => {
  expect(parse(text)).toBe(fault);
});

it("no bytes throw", () => {
  const text = fc.string({ unit: fc.constantFrom(...'<>1 -[]="\\{}:@a\n\0'), maxLength: 60 });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
        text.map((text) => Buffer.from(`<1>1 ${text}`)),
      ),
      (bytes) => {
        const line = parseSyslog(bytes);
        expect(typeof line === "string" ? ["no_json", "malformed_json"] : [line]).toContain(line);
      },
    ),
    { numRuns: 5000 },
  );
});

it("takes time in proportion to the message, however it is made", () => {
  for (const text of [
    `<1>1 - - - - - ${'["a'.repeat(20_000)}`,
    `<1>1 - - - - - ${"[]".repeat(30_000)}`,
    `<1>${" a".repeat(30_000)}{`,
    `<1>1 - - - - - [${'"\\"'.repeat(20_000)}`,
  ])
    expect(["no_json", "malformed_json"]).toContain(parse(text));
});

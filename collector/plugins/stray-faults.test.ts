import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { watchStrayFaults } from "./stray-faults.ts";

const plugin = "/etc/mixdown/my plugin.ts";

function faultOf(error: unknown, files: readonly string[] = [plugin]) {
  const process = new EventEmitter();
  const seen: string[] = [];
  watchStrayFaults(process, {
    files: () => files,
    onPluginFault: () => seen.push("plugin"),
    onHubFault: () => seen.push("hub"),
  });
  process.emit("uncaughtException", error);
  return seen;
}

const withStack = (frame: string) => Object.assign(new Error("no"), { stack: `Error: no\n    at ${frame}` });

test.each([
  ["in a plug-in's file", withStack("f (file:///etc/mixdown/my%20plugin.ts?mixdown=1.0:3:4)"), "plugin"],
  ["in a plug-in's CommonJS", withStack("f (/etc/mixdown/my plugin.ts:3:4)"), "plugin"],
  ["in Node alone", withStack("node:internal/deps/undici/undici:1:2"), "plugin"],
  ["without a stack", undefined, "plugin"],
  ["in the hub", new Error("no"), "hub"],
])("an error %s", (_, error, expected) => {
  expect(faultOf(error)).toEqual([expected]);
});

test("without plug-ins, all errors are the hub's", () => {
  expect(faultOf(undefined, [])).toEqual(["hub"]);
});

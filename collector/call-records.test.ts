import { expect, it } from "vitest";
import { rulesOfCalls } from "./call-records.ts";
import { load, messages } from "./config/load.fixture.ts";

const config = (match: string) => `
handlers: { a: { adapter: gauge } }
instances: { requests: { template: metric, params: { dimensions: { code: response.code } } } }
rules: [{ name: one, ${match} actions: [{ handler: a, instances: [requests] }] }]
`;

it.each<[string, boolean]>([
  ['context.signal == "call"', true],
  ['context.signal == "unpaired" && call.dropped', true],
  ['context.signal in ["span", "call"]', true],
  ['context.signal == "call" || context.signal == "unpaired"', true],
  ['context.signal != "check"', false],
  ['context.signal == "span"', false],
  ['context.protocol == "http"', false],
  ['(context.signal | "") == "call"', true],
  ['response.code >= 500 && context.signal == "call"', true],
])("a rule with match %s gets calls: %s", (match, gets) => {
  const loaded = load([config(`match: '${match}',`)]);
  if (!loaded.ok) throw new Error(messages(loaded).join("\n"));
  expect(rulesOfCalls(loaded.checked.rules)).toHaveLength(gets ? 1 : 0);
});

it("a rule without match gets none", () => {
  const loaded = load([config("")]);
  if (!loaded.ok) throw new Error(messages(loaded).join("\n"));
  expect(rulesOfCalls(loaded.checked.rules)).toEqual([]);
});

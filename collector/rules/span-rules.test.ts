import { expect, it } from "vitest";
import { slotOf } from "../../schemas/attributes/vocabulary.ts";
import { rulesOfSpans } from "./rule-table.ts";
import { expression, tableOf } from "./rules.fixture.ts";

const rule = (text: string) => ({ name: text, match: expression(text), actions: [] });

it.each([
  [`context.signal == "span"`, true],
  [`context.signal in ["accesslog", "span"] && response.code >= 500`, true],
  [`context.signal in ["accesslog", "report"] && response.code >= 500`, false],
  [`response.code >= 500 && (context.signal == "accesslog" && request.method == "GET")`, false],
  [`context.signal != "span"`, false],
  [`context.signal.startsWith("access")`, false],
  [`context.signal == "accesslog" || response.code >= 500`, true],
  [`(context.signal | "accesslog") == "accesslog"`, true],
  [`response.code >= 500`, true],
])("tells whether a rule may take spans: %s", (text, takes) => {
  expect(rulesOfSpans([rule(text)])).toHaveLength(takes ? 1 : 0);
});

it("takes a rule without a match for one of spans", () => {
  expect(rulesOfSpans([{ match: undefined }])).toHaveLength(1);
});

it("reads of spans only what such rules read", () => {
  const { table } = tableOf(
    [rule(`context.signal == "accesslog" && request.method == "GET"`), rule(`response.code == 500`)],
    [],
  );
  expect([...table.spanSlots].sort()).toEqual([slotOf("context.signal"), slotOf("response.code")].sort());
});

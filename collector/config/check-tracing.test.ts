import { expect, it } from "vitest";
import { inventory } from "../../adapters/inventory.ts";
import { ownSpans } from "../../schemas/model/own-spans.ts";
import { load, messages } from "./load.fixture.ts";

const handlers = `
handlers:
  traces: { adapter: otlp, params: { endpoint: "http://tempo:4317" } }
  kept: { adapter: otlp, params: { endpoint: "http://tempo:4317" }, durable: true }
  unkept: { adapter: otlp, params: { endpoint: "http://tempo:4317" }, durable: false }
  blocking: { adapter: otlp, params: { endpoint: "http://tempo:4317" }, whenFull: block }
  relay: { adapter: zipkin, params: { endpoint: "http://zipkin:9411" } }
`;
const loadWith = (tracing: string) => load([`${handlers}tracing: ${tracing}`], { adapters: inventory });
const problems = (tracing: string) => {
  const loaded = loadWith(tracing);
  return loaded.ok ? [] : messages(loaded).map((message) => message.replace(/^a\.yaml:\d+:\d+: /, ""));
};

it("is off by default", () => {
  const loaded = load([handlers], { adapters: inventory });
  expect(loaded.ok && loaded.config.tracing).toBeNull();
});

it.each(["traces", "unkept"])("goes to handler %s, which is told of the spans and counts as used", (handler) => {
  const loaded = loadWith(`{ handler: ${handler}, sample: 0.5 }`);
  if (!loaded.ok) throw new Error(messages(loaded).join("\n"));
  expect(loaded.config.tracing).toEqual({ handler, sample: 0.5 });
  expect(loaded.checked.handlers.get(handler)?.instances).toEqual([ownSpans]);
  expect(loaded.warnings.map(({ message }) => message)).not.toContain(`no rule sends anything to handler "${handler}"`);
});

it.each([
  ["{ handler: trace }", 'unknown handler "trace". Did you mean "traces"?'],
  [
    "{ handler: relay }",
    'handler "relay" takes no spans that the hub makes (expected a handler of an adapter that takes tracespan, such as otlp)',
  ],
  [
    "{ handler: kept }",
    'handler "kept" makes senders wait, which the hub\'s own spans must not (expected a handler that is not durable, and not with whenFull: block)',
  ],
  [
    "{ handler: blocking }",
    'handler "blocking" makes senders wait, which the hub\'s own spans must not (expected a handler that is not durable, and not with whenFull: block)',
  ],
])("refuses %s", (tracing, problem) => {
  expect(problems(tracing)).toEqual([problem]);
});

it("refuses shares that are none", () => {
  expect(problems("{ handler: traces, sample: 1.5 }")).toHaveLength(1);
});

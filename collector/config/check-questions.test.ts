import { expect, it } from "vitest";
import { z } from "zod";
import { defineChecker } from "../../adapters/checker.ts";
import { journal, load, messages } from "./load.fixture.ts";

const checker = (type: string, template?: "listentry", reads: readonly string[] = []) =>
  defineChecker({
    type,
    summary: "Answers.",
    config: z.strictObject({}),
    instance: "optional",
    ...(template && { template }),
    reads: () => reads,
    open: async () => ({ check: () => ({ verdict: "pass" }), async close() {} }),
  });

const adapters = [checker("lookup", "listentry"), checker("ask"), journal];
const handlers = "handlers: { l: { adapter: lookup }, a: { adapter: ask }, j: { adapter: journal } }\n";
const instances = `instances:
  caller: { template: listentry, params: { value: source.ip } }
  who:
    template: authorization
    params:
      subject: { user: request.auth.principal, properties: { tier: '"gold"' } }
      action: { path: request.path, method: null }
  line: { template: logentry, params: { variables: {} } }
`;
const rule = (body: string) => `${handlers}${instances}rules: [{ name: r, ${body} }]\n`;
const loaded = (text: string) => load([text], { adapters });

it("what rules ask about has its expressions by the path of each", () => {
  const result = loaded(rule("check: { handler: a, instance: who }"));
  const { questions } = result.ok ? result.checked : expect.unreachable(messages(result).join("\n"));
  const shown = [...questions].map(([name, { template, parameters }]) => [
    name,
    template,
    parameters.map((parameter) => `${parameter.name}=${parameter.expression.text}`),
  ]);
  expect(shown).toEqual([
    ["caller", "listentry", ["value=source.ip"]],
    [
      "who",
      "authorization",
      ["subject.user=request.auth.principal", 'subject.properties.tier="gold"', "action.path=request.path"],
    ],
  ]);
});

it.each([
  ["actions: [{ handler: j, instances: [caller] }]", '"caller" is a listentry, which only a rule\'s "check" uses'],
  ["actions: [{ handler: j, instances: [who] }]", '"who" is an authorization, which only a rule\'s "check" uses'],
  [
    "check: { handler: l, instance: who }",
    '"who" is an authorization, which handler "l" cannot be asked about (expected "listentry")',
  ],
  [
    "check: { handler: a, instance: line }",
    '"line" is a logentry, which handler "a" cannot be asked about (expected "listentry" or "authorization")',
  ],
])("%s is refused", (body, problem) => {
  expect(messages(loaded(rule(body)))).toEqual([expect.stringContaining(problem)]);
});

it("attributes that a checker would read must be there", () => {
  const odd = checker("odd", undefined, ["source.iq"]);
  const text = "handlers: { h: { adapter: odd } }\nrules: [{ name: r, check: { handler: h } }]\n";
  expect(messages(load([text], { adapters: [odd] }))).toEqual([
    expect.stringContaining('unknown attribute "source.iq"'),
  ]);
});

it.each([
  ["{ template: listentry, params: { value: source.iq } }", 'unknown attribute "source.iq"'],
  ["{ template: listentry }", "params"],
  ["{ template: listentri, params: { value: source.ip } }", 'Did you mean "listentry"?'],
  ["{ template: authorization, params: { action: { verb: 1 } } }", 'unknown key "verb"'],
])("%s is refused, and nothing follows from it", (instance, problem) => {
  const text = `${handlers}instances: { q: ${instance} }\nrules: [{ name: r, check: { handler: a, instance: q } }]\n`;
  expect(messages(loaded(text))).toEqual([expect.stringContaining(problem)]);
});

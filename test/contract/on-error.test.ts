import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineChecker, type OpenChecker } from "../../adapters/checker.ts";
import { defineLimits, type LimitStore } from "../../adapters/limiter.ts";
import { guardAdapter } from "../../collector/plugins/guard-adapter.ts";
import type { Json } from "../../schemas/model/access-log.ts";
import { policyOfConfig } from "../support/checked-policy.ts";

/** A request that lacks nothing. */
const whole = {
  ...{ "request.path": "/", "source.ip": "10.0.0.1", "request.id": "1" },
  "request.headers": { authorization: "Bearer x", "x-api-key": "k" },
};
const { "source.ip": _ip, ...withoutIp } = whole;
const { "request.id": _id, ...withoutId } = whole;

const down = () => Promise.reject(new TypeError("fetch failed"));
const hanging = () => new Promise<never>(() => {});

/** A plug-in that can be asked, and does this. */
const odd = (type: string, check: OpenChecker["check"]) =>
  guardAdapter(
    defineChecker({
      ...{ type, summary: "Does as it likes.", config: z.strictObject({}), instance: "none", reads: () => [] },
      open: async () => ({ check, async close() {} }),
    }) as never,
  );

/** A plug-in that keeps budgets, and does this. */
const oddStore = (type: string, take: LimitStore["take"]) =>
  guardAdapter(
    defineLimits({
      ...{ type, summary: "Does as it likes.", config: z.strictObject({}) },
      stores: { open: async () => ({ take, count: () => 0, async close() {} }) },
    }) as never,
  );

const fail = () => {
  throw new Error("thrown on purpose");
};
const adapters = [
  odd("passes", () => ({ verdict: "pass" })),
  odd("throws", fail),
  odd("rejects", () => Promise.reject(undefined)),
  odd("babbles", () => 42 as never),
  odd("hangs", hanging),
  odd("reads", (question) => ({ verdict: question.get("request.path") === "/" ? "pass" : "error", reason: "" })),
  odd("mistypes", () => ({ verdict: "pass", attributes: { "request.size": "many" } })),
  oddStore("store-throws", fail),
  oddStore("store-babbles", () => ({}) as never),
  oddStore("store-hangs", hanging),
];

const caller = "instances: { caller: { template: listentry, params: { value: source.ip } } }\n";
const handler = (adapter: string, params = "{}") => `handlers: { h: { adapter: ${adapter}, params: ${params} } }\n`;
const nowhere = '{ url: "http://127.0.0.1:9" }';
const shop = { "destination.namespace": "shop", "request.method": "POST" };

/** What can go wrong with one kind of rule. */
interface Row {
  readonly name: string;
  /** Handlers and instances. */
  readonly config?: string;
  /** The rule, without its name. */
  readonly rule: string;
  readonly request?: Json;
  /** Part of the reason that is recorded. */
  readonly detail: string;
  readonly fetch?: typeof globalThis.fetch;
  /** The adapter is told to be at fault. */
  readonly isFault?: true;
}

const ip = 'match: source.ip == ip("10.0.0.1")';
/** Of requests without an address, unless the row has one. */
const ofRequest: Row[] = [
  { name: "deny: the match reads what is absent", rule: `${ip}, deny: {}`, detail: "match: source.ip" },
  { name: "allow: the match reads what is absent", rule: `${ip}, allow: true`, detail: "match: source.ip" },
  {
    name: "limit: the match reads what is absent",
    rule: `${ip}, limit: { key: [request.path], rate: 9/1s }`,
    detail: "match:",
  },
  {
    ...{ name: "check: the match reads what is absent", config: handler("list", "{ entries: [a] }") + caller },
    ...{ rule: `${ip}, check: { handler: h, instance: caller }`, detail: "match: source.ip" },
  },
  ...["allow: true", "limit: { key: [request.path], rate: 9/1s }"].flatMap((kind): Row[] => [
    {
      name: `${kind}: a header's value is absent`,
      ...{ rule: `${kind}, headers: { upstream: { set: { x-ip: { value: source.ip } } } }`, detail: "source.ip" },
    },
    {
      name: `${kind}: metadata is absent`,
      rule: `${kind}, metadata: { ip: { value: source.ip } }`,
      detail: "source.ip",
    },
  ]),
  {
    ...{ name: "check: a header's value is absent", config: handler("passes") },
    ...{
      rule: "check: { handler: h }, headers: { client: { set: { x-ip: { value: source.ip } } } }",
      detail: "source.ip",
    },
  },
  { name: "limit: its key is absent", rule: "limit: { key: [source.ip], rate: 9/1s }", detail: "key: source.ip" },
  {
    name: "limit: its rate is absent",
    rule: "limit: { key: [request.path], rate: { value: source.ip } }",
    detail: "rate: source.ip",
  },
  {
    name: "limit: its rate is none",
    rule: "limit: { key: [request.path], rate: { value: request.path } }",
    detail: 'rate: "/" is no rate',
  },
  {
    name: "limit: its cost is absent",
    rule: "limit: { key: [request.path], rate: 9/1s, cost: request.size }",
    detail: "cost: request.size",
  },
  {
    ...{ name: "limit on concurrent requests: the request has no id", request: withoutId },
    ...{ rule: "limit: { key: [request.path], concurrent: 2 }", detail: "a request without an id" },
  },
  {
    ...{ name: "limit on concurrent requests: a header's value is absent" },
    ...{
      rule: "limit: { key: [request.path], concurrent: 2 }, metadata: { ip: { value: source.ip } }",
      detail: "source.ip",
    },
  },
  {
    ...{ name: "list: the attribute is absent", config: handler("list", "{ entries: [10.0.0.1] }") + caller },
    ...{ rule: "check: { handler: h, instance: caller }", detail: "source.ip" },
  },
  {
    ...{ name: "opa: an attribute of the authorization is absent" },
    config: `${handler("opa", '{ url: "http://127.0.0.1:9", input: mixer }')}instances: { a: { template: authorization, params: { subject: { user: source.ip } } } }\n`,
    ...{ rule: "check: { handler: h, instance: a }", detail: "source.ip" },
  },
  {
    ...{
      name: "rbac: the namespace of the called workload is absent",
      config: handler("rbac", "{ files: examples/istio }"),
    },
    ...{ rule: "check: { handler: h }", detail: "h: the namespace of the called workload is not known" },
  },
  {
    ...{
      name: "rbac: the labels of the called workload are absent",
      config: handler("rbac", "{ files: examples/istio }"),
    },
    ...{
      rule: "check: { handler: h }",
      request: { ...withoutIp, ...shop },
      detail: "h: the labels of the called workload in shop",
    },
  },
];

const check = "check: { handler: h }";
const ofBackends: Row[] = [
  {
    ...{ name: "list: it cannot be had", config: handler("list", nowhere) + caller },
    ...{
      rule: "check: { handler: h, instance: caller }",
      detail: "h: the list cannot be loaded: http://127.0.0.1:9: fetch failed",
    },
  },
  {
    ...{ name: "list: its file is not there", config: handler("list", "{ files: [/nowhere/list] }") + caller },
    ...{ rule: "check: { handler: h, instance: caller }", detail: "h: the list cannot be loaded: ENOENT" },
  },
  {
    ...{
      name: "list: it holds nonsense",
      config: handler("list", '{ match: cidr, url: "http://127.0.0.1:9" }') + caller,
    },
    ...{ rule: "check: { handler: h, instance: caller }", detail: "h: the list cannot be loaded: http://127.0.0.1:9" },
    fetch: async () => new Response("no address\n"),
  },
  {
    ...{ name: "jwt: the keys cannot be had", rule: check },
    config: handler("jwt", '{ issuers: [me], jwksUrl: "http://127.0.0.1:9/" }'),
    detail: "h: the set of keys cannot be loaded: http://127.0.0.1:9/: fetch failed",
  },
  {
    ...{
      name: "jwt: the file of keys is not there",
      config: handler("jwt", "{ issuers: [me], jwksFile: /nowhere/jwks }"),
    },
    ...{ rule: check, detail: "h: the set of keys cannot be loaded: ENOENT" },
  },
  {
    ...{ name: "apikey: the file is not there", config: handler("apikey", "{ file: /nowhere/keys.yaml }") },
    ...{ rule: check, detail: "h: the file of keys cannot be loaded: ENOENT" },
  },
  { name: "opa: it cannot be reached", config: handler("opa", nowhere), rule: check, detail: "h: fetch failed" },
  { name: "opa: it hangs", config: handler("opa", nowhere), rule: check, detail: "h: ", fetch: hanging },
  {
    ...{ name: "opa: it answers 500", config: handler("opa", nowhere), rule: check, detail: "h: " },
    fetch: async () => new Response("oops", { status: 500 }),
  },
  {
    ...{ name: "opa: it answers nonsense", config: handler("opa", nowhere), rule: check, detail: "h: " },
    fetch: async () => Response.json({ result: 42 }),
  },
  {
    ...{ name: "opa: nothing is decided", config: handler("opa", nowhere), rule: check, detail: "h: " },
    fetch: async () => Response.json({}),
  },
  { name: "http: it cannot be reached", config: handler("http", nowhere), rule: check, detail: "h: fetch failed" },
  { name: "http: it hangs", config: handler("http", nowhere), rule: check, detail: "h: ", fetch: hanging },
  {
    ...{ name: "http: it answers 500", config: handler("http", nowhere), rule: check, detail: "h: " },
    fetch: async () => new Response("oops", { status: 500 }),
  },
  ...["throws", "rejects", "babbles", "reads"].map(
    (plugin): Row => ({
      ...{ name: `plug-in: it ${plugin}`, config: handler(plugin), rule: check, detail: "h failed", isFault: true },
    }),
  ),
  { name: "plug-in: it hangs", config: handler("hangs"), rule: check, detail: "h: no answer within" },
  {
    name: "plug-in: it mistypes an attribute",
    config: handler("mistypes"),
    rule: check,
    detail: "h: it gave request.size",
  },
  ...["throws", "babbles", "hangs"].map(
    (store): Row => ({
      ...{ name: `limit: a store that ${store}`, config: handler(`store-${store}`), detail: "limit store: " },
      rule: "limit: { key: [request.path], rate: 9/1s, store: h }",
    }),
  ),
  {
    ...{ name: "limit: a Redis that cannot be reached", config: handler("redis", '{ address: "127.0.0.1:9" }') },
    ...{ rule: "limit: { key: [request.path], rate: 9/1s, store: h }", detail: "limit store: " },
  },
];

/** What becomes of a request by one such rule: deny and allow are what `onError` says. */
function expected(rule: string, onError: "deny" | "allow", shadow: boolean) {
  const isAllow = rule.includes("allow: true");
  const decides = onError === "deny" || isAllow;
  if (shadow)
    return { allowed: true, rule: "", shadow: decides ? { rule: "r", allowed: onError === "allow" } : undefined };
  return { allowed: onError === "allow", rule: decides ? "r" : "", shadow: undefined };
}

const rows = [...ofRequest.map((row) => ({ request: withoutIp, ...row })), ...ofBackends];

describe.each<Row>(rows)("$name", ({ config = "", rule, request = whole, detail, fetch = down, isFault }) => {
  it.each([
    ["deny", false],
    ["allow", false],
    ["deny", true],
    ["allow", true],
  ] as const)("onError: %s, shadow: %s", async (onError, shadow) => {
    const text = `${config}rules: [{ name: r, ${rule}, onError: ${onError}, shadow: ${shadow} }]\n`;
    const policy = await policyOfConfig(text, { fetch: fetch as typeof globalThis.fetch }, adapters);
    const verdict = await policy.check(request);
    await policy.close();
    const wanted = expected(rule, onError, shadow);
    expect(verdict).toMatchObject({
      ...wanted,
      reasons: [{ outcome: "error", shadow, detail: expect.stringContaining(detail) }],
    });
    expect(verdict.denial).toEqual(
      wanted.allowed ? undefined : { status: 403, code: 7, message: "the policy could not be evaluated" },
    );
    expect(verdict.changes).toEqual({});
    expect(policy.faults).toHaveLength(isFault ? 1 : 0);
  });
});

describe("a refusal stands, whatever it cannot say", () => {
  it.each([
    "deny: { message: { value: source.ip } }",
    "deny: { body: { value: source.ip } }",
    "deny: { headers: { x-ip: { value: source.ip } } }",
    "deny: {}, metadata: { ip: { value: source.ip } }",
  ])("%s", async (rule) => {
    for (const onError of ["deny", "allow"]) {
      const policy = await policyOfConfig(`rules: [{ name: r, ${rule}, onError: ${onError} }]`);
      expect(await policy.check(withoutIp)).toMatchObject({
        allowed: false,
        reasons: [{ outcome: "deny" }],
        changes: {},
      });
    }
  });
});

it("what a limit took is given back where its rule is in error after all", async () => {
  const rule = "limit: { key: [request.path], rate: 1/1h }, metadata: { ip: { value: source.ip } }, onError: allow";
  const policy = await policyOfConfig(`rules: [{ name: r, ${rule} }]`);
  await policy.check(withoutIp);
  expect(await policy.check(whole)).toMatchObject({ allowed: true, reasons: [{ outcome: "pass" }] });
});

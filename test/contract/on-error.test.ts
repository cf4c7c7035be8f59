import { describe, expect, it } from "vitest";
import type { Json } from "../../schemas/model/access-log.ts";
import { policyOfConfig } from "../support/checked-policy.ts";

/** A request that lacks nothing. */
const whole = {
  ...{ "request.path": "/", "source.ip": "10.0.0.1" },
  "request.headers": { authorization: "Bearer x", "x-api-key": "k" },
};
const { "source.ip": _, ...withoutIp } = whole;

const caller = "instances: { caller: { template: listentry, params: { value: source.ip } } }\n";

/** What can go wrong with each kind of checker, and the start of the reason that is recorded. */
const table: [name: string, config: string, check: string, request: Json, detail: string][] = [
  [
    "list: the attribute is absent",
    `handlers: { h: { adapter: list, params: { entries: [10.0.0.1] } } }\n${caller}`,
    "{ handler: h, instance: caller }",
    withoutIp,
    "source.ip",
  ],
  [
    "list: the list cannot be had",
    `handlers: { h: { adapter: list, params: { url: "http://127.0.0.1:9/" } } }\n${caller}`,
    "{ handler: h, instance: caller }",
    whole,
    "h: the list cannot be loaded: http://127.0.0.1:9/: fetch failed",
  ],
  [
    "jwt: the keys cannot be had",
    'handlers: { h: { adapter: jwt, params: { issuers: [me], jwksUrl: "http://127.0.0.1:9/" } } }\n',
    "{ handler: h }",
    whole,
    "h: the set of keys cannot be loaded: http://127.0.0.1:9/: fetch failed",
  ],
  [
    "apikey: the file cannot be read",
    "handlers: { h: { adapter: apikey, params: { file: /nowhere/keys.yaml } } }\n",
    "{ handler: h }",
    whole,
    "h: the file of keys cannot be loaded: ENOENT",
  ],
  [
    "opa: the server cannot be reached",
    'handlers: { h: { adapter: opa, params: { url: "http://127.0.0.1:9" } } }\n',
    "{ handler: h }",
    whole,
    "h: fetch failed",
  ],
  [
    "opa: an attribute of the authorization is absent",
    `handlers: { h: { adapter: opa, params: { url: "http://127.0.0.1:9", input: mixer } } }
instances: { a: { template: authorization, params: { subject: { user: source.ip } } } }\n`,
    "{ handler: h, instance: a }",
    withoutIp,
    "source.ip",
  ],
  [
    "http: the web hook cannot be reached",
    'handlers: { h: { adapter: http, params: { url: "http://127.0.0.1:9" } } }\n',
    "{ handler: h }",
    whole,
    "h: fetch failed",
  ],
];

describe.each(table)("%s", (_name, config, check, request, detail) => {
  const down = () => Promise.reject(new TypeError("fetch failed"));

  it.each([
    ["deny", false, "r"],
    ["allow", true, ""],
  ])("onError: %s holds", async (onError, allowed, rule) => {
    const text = `${config}rules: [{ name: r, check: ${check}, onError: ${onError} }]\n`;
    const policy = await policyOfConfig(text, { fetch: down });
    const verdict = await policy.check(request);
    expect(verdict).toMatchObject({
      allowed,
      rule,
      reasons: [{ outcome: "error", detail: expect.stringContaining(detail) }],
    });
    expect(policy.faults).toEqual([]);
    await policy.close();
  });
});

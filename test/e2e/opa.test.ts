import { afterAll, beforeAll, expect, it } from "vitest";
import type { Json } from "../../schemas/model/access-log.ts";
import { policyOfConfig } from "../support/checked-policy.ts";
import { describeWith } from "./support/needs.ts";
import { type OpaServer, startOpa } from "./support/opa-servers.ts";

/** A policy as it is written for opa-envoy, one rule for each form of decision. */
const rego = `package envoy.authz

http := input.attributes.request.http

default allow := false
allow if {
  http.method == "GET"
  input.parsed_path[0] == "orders"
  input.parsed_query.page[0] == "1 2"
}
allow if input.parsed_body.id == 12345678901234567890
allow if startswith(input.source_principal, "spiffe://cluster.local/")

answer := {
  "allowed": false,
  "http_status": 401,
  "body": sprintf("not you, %v", [http.headers["x-user"]]),
  "headers": {"x-why": "policy"},
  "dynamic_metadata": {"truncated": input.truncated_body},
}

missing := true if false

slow if count([x | some x in numbers.range(1, 3000000); x % 7 == 0]) < 0

mixer := input.subject.groups[0] == "staff"
`;

describeWith("opa")("a real OPA server", () => {
  let server: OpaServer;
  let url: string;

  beforeAll(async () => {
    server = await startOpa(rego);
    url = `http://${server.address}`;
  });
  afterAll(() => server.stop());

  /** The verdict of a rule that asks for this one. */
  async function verdictOn(path: string, http: Json, more: { source?: Json; timeout?: string; onError?: string } = {}) {
    const { source = {}, timeout = "1s", onError = "deny" } = more;
    const policy = await policyOfConfig(
      `handlers: { rego: { adapter: opa, params: { url: "${url}", path: envoy/authz/${path} } } }
rules: [{ name: rego, check: { handler: rego, timeout: ${timeout} }, onError: ${onError} }]\n`,
      { fetch },
    );
    const verdict = await policy.check({}, { attributes: { source, request: { http } } } as Json);
    await policy.close();
    return verdict;
  }

  const jsonOf = (body: string): Json => ({ path: "/", headers: { "content-type": "application/json" }, body });

  it.each<[Json, boolean, object?]>([
    [{ method: "GET", path: "/orders/7?page=1+2" }, true],
    [{ method: "GET", path: "/orders/7?page=12" }, false],
    [{ method: "POST", path: "/orders/7?page=1+2" }, false],
    [jsonOf('{"id":12345678901234567890}'), true],
    [jsonOf('{"id":12345678901234567891}'), false],
    [{ path: "/" }, true, { source: { principal: "spiffe://cluster.local/ns/a" } }],
  ])("%j: %j", async (http, allowed, more = {}) => {
    expect(await verdictOn("allow", http, more)).toMatchObject({
      allowed,
      changes: { metadata: { decision_id: expect.any(String) } },
    });
  });

  it("says how it refuses", async () => {
    expect(await verdictOn("answer", { path: "/", headers: { "x-user": "ada" } })).toMatchObject({
      denial: { status: 401, body: "not you, ada" },
      changes: { client: [{ action: "set", name: "x-why", value: "policy" }], metadata: { truncated: false } },
    });
  });

  it.each([
    ["missing", "1s", "rego: the decision is undefined"],
    ["no/such/rule", "1s", "rego: the decision is undefined"],
    ["slow", "50ms", "rego: no answer within 50 ms"],
  ])("%s within %s is an error, which goes where onError says", async (path, timeout, detail) => {
    for (const [onError, allowed] of [
      ["deny", false],
      ["allow", true],
    ] as const) {
      expect(await verdictOn(path, { path: "/" }, { timeout, onError })).toMatchObject({
        allowed,
        reasons: [{ outcome: "error", detail: expect.stringContaining(detail) }],
      });
    }
  });

  it("decides on subject and action in Mixer's form", async () => {
    const policy = await policyOfConfig(
      `handlers: { rego: { adapter: opa, params: { url: "${url}", path: envoy/authz/mixer, input: mixer } } }
instances: { who: { template: authorization, params: { subject: { groups: 'request.auth.claims["group"]' } } } }
rules: [{ name: rego, check: { handler: rego, instance: who, timeout: 1s } }]\n`,
      { fetch },
    );
    const askedBy = async (group: string) => (await policy.check({ "request.auth.claims": { group } })).allowed;
    expect([await askedBy("staff"), await askedBy("guests")]).toEqual([true, false]);
    await policy.close();
  });
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Json } from "../../schemas/model/access-log.ts";
import { policyOfConfig } from "../support/checked-policy.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

let policies = 0;
/** A policy as JSON, which is YAML too; in `shop` unless metadata says. */
const policy = (spec: object, metadata: object = {}): Json =>
  ({
    apiVersion: "security.istio.io/v1",
    kind: "AuthorizationPolicy",
    metadata: { name: `p${++policies}`, namespace: "shop", ...metadata },
    spec,
  }) as unknown as Json;

/** The hub with these policies, asked once: allow, deny, or why it could not decide. */
async function decide(policies: readonly Json[], attributes: Record<string, Json>, params: object = {}, raw?: Json) {
  const folder = mkdtempSync(join(tmpdir(), "mixdown-rbac-"));
  folders.push(folder);
  const file = join(folder, "policies.yaml");
  writeFileSync(file, policies.map((each) => JSON.stringify(each)).join("\n---\n"));
  const config = {
    handlers: { mesh: { adapter: "rbac", params: { files: [file], ...params } } },
    rules: [{ name: "mesh", check: { handler: "mesh" } }],
  };
  const hub = await policyOfConfig(JSON.stringify(config));
  const verdict = await hub.check({ ...get, ...attributes }, raw);
  await hub.close();
  expect(hub.faults).toEqual([]);
  return verdict;
}

/** What a request has unless a case says otherwise. */
const get: Record<string, Json> = {
  "context.protocol": "http",
  "destination.namespace": "shop",
  "request.method": "GET",
  "request.host": "shop.example",
  "request.path": "/",
};

const tcp: Record<string, Json> = {
  "context.protocol": "tcp",
  "destination.port": 5432,
  "request.method": null,
  "request.host": null,
  "request.path": null,
};

const from = (source: object) => [{ from: [{ source }] }];
const to = (operation: object) => [{ to: [{ operation }] }];
const when = (key: string, values: object) => [{ when: [{ key, ...values }] }];
const allow = (rules: object[]) => policy({ rules });
const deny = (rules: object[]) => policy({ action: "DENY", rules });
const path = (text: string) => ({ "request.path": text });
const caller = (id: string) => ({ "source.principal": id });
const claims = (token: object) => ({ "request.auth.raw_claims": JSON.stringify(token) });
const dryRun = { annotations: { "istio.io/dry-run": "true" } };

describe("the twenty cases of the notes", () => {
  it.each<[number, Json[], Record<string, Json>, "allow" | "deny"]>([
    [1, [policy({})], {}, "deny"],
    [2, [deny([{}]), allow([{}])], {}, "deny"],
    [3, [policy({ action: "DENY", rules: to({ paths: ["/hidden"] }) }, dryRun)], path("/hidden"), "allow"],
    [
      4,
      [
        allow([
          {
            from: [{ source: { namespaces: ["a"] } }, { source: { namespaces: ["b"] } }],
            to: [{ operation: { methods: ["GET"] } }, { operation: { methods: ["PUT"] } }],
          },
        ]),
      ],
      { "source.principal": "cluster.local/ns/b/sa/x" },
      "allow",
    ],
    [5, [allow(to({ paths: ["/info"] }))], path("/info?x=1"), "allow"],
    [6, [allow(to({ paths: ["/info"] }))], path("/info/"), "deny"],
    [7, [allow(to({ paths: ["/a/*/c"] }))], path("/a/b/c"), "deny"],
    [8, [allow(to({ paths: ["/foo/{**}"] }))], path("/foo/"), "allow"],
    [9, [allow(to({ paths: ["/{**}/x"] }))], path("/x"), "deny"],
    [10, [deny(to({ hosts: ["shop.example"] }))], { "request.host": "shop.example:443" }, "allow"],
    [11, [allow(to({ hosts: ["shop.example:*"] }))], { "request.host": "SHOP.example:443" }, "allow"],
    [12, [deny(from({ notPrincipals: ["*"] }))], {}, "deny"],
    [13, [allow(from({ notNamespaces: ["dev"] }))], {}, "allow"],
    [14, [allow(from({ principals: ["*/sa/x"] }))], { "source.principal": "spiffe://td9/ns/q/sa/x" }, "allow"],
    [
      15,
      [allow(from({ requestPrincipals: ["*@id.example"] }))],
      { "request.auth.raw_claims": '{"iss":"i","sub":"bob@id.example"}' },
      "allow",
    ],
    [
      16,
      [allow(from({ requestPrincipals: ["https://id.example"] }))],
      { "request.auth.principal": "https://id.example/bob" },
      "deny",
    ],
    [
      17,
      [allow(when("request.auth.claims[level]", { values: ["3"] }))],
      { "request.auth.raw_claims": '{"iss":"i","level":3}' },
      "deny",
    ],
    [18, [allow(when("request.headers[x-a]", { notValues: ["1"] }))], {}, "allow"],
    [19, [allow(to({ ports: ["5432"], methods: ["GET"] }))], tcp, "deny"],
    [20, [deny(to({ methods: ["GET"] }))], tcp, "deny"],
  ])("case %i", async (_, policies, attributes, expected) => {
    const { allowed, denial, reasons } = await decide(policies, attributes);
    expect(reasons.map(({ detail }) => detail)).toEqual([undefined]);
    expect(allowed ? "allow" : "deny").toBe(expected);
    if (!allowed) expect(denial).toEqual({ status: 403, code: 7, message: "RBAC: access denied" });
  });
});

/** Whether one ALLOW policy of these rules lets a request pass; errors fail the test. */
async function allows(rules: object[], attributes: Record<string, Json>, params?: object): Promise<boolean> {
  const { allowed, reasons } = await decide([allow(rules)], attributes, params);
  expect(reasons.map(({ detail }) => detail)).toEqual([undefined]);
  return allowed;
}

describe("callers", () => {
  it.each<[object, string, boolean]>([
    [{ principals: ["td/ns/a/sa/x"] }, "td/ns/a/sa/x", true],
    [{ principals: ["spiffe://td/ns/a/sa/x"] }, "spiffe://td/ns/a/sa/x", false],
    [{ principals: ["td/ns/a/*"] }, "td/ns/a/sa/x", true],
    [{ principals: ["*"] }, "CN=someone", true],
    [{ principals: ["CN=someone"] }, "CN=someone", false],
    [{ namespaces: ["a"] }, "td/ns/a/sa/x", true],
    [{ namespaces: ["a"] }, "td/ns/ab/sa/x", false],
    [{ namespaces: ["a*"] }, "td/ns/ab/sa/x", true],
    [{ namespaces: ["a*z"] }, "td/ns/a-b-z/sa/x", true],
    [{ namespaces: ["a*z"] }, "td/ns/a-b/sa/z", false],
    [{ namespaces: ["*"] }, "td/sa/x", false],
    [{ namespaces: ["a.b"] }, "td/ns/a-b/sa/x", false],
    [{ serviceAccounts: ["x"] }, "td/ns/shop/sa/x", true],
    [{ serviceAccounts: ["x"] }, "td/ns/a/sa/x", false],
    [{ serviceAccounts: ["a/x"] }, "td/k/v/ns/a/more/things/sa/x/even", true],
    [{ serviceAccounts: ["a/x"] }, "td/ns/a/sa/x-junk", false],
    [{ notServiceAccounts: ["a/x"] }, "td/ns/a/sa/x", false],
    [{ trustDomains: ["td"] }, "td/ns/a/sa/x", true],
    [{ trustDomains: ["td*"] }, "td9/ns/a/sa/x", true],
    [{ trustDomains: ["*.org"] }, "a.org/ns/a/sa/x", true],
    [{ trustDomains: ["td"] }, "td9/ns/a/sa/x", false],
    [{ principals: ["td/ns/a/*"], notPrincipals: ["*/sa/x"] }, "td/ns/a/sa/x", false],
  ])("%j of %s: %s", async (source, id, expected) => {
    expect(await allows(from(source), caller(id))).toBe(expected);
  });

  it("are nobody without a certificate, whatever enrichment tells of them", async () => {
    expect(await allows(from({ namespaces: ["a"] }), { "source.namespace": "a" })).toBe(false);
    expect(await allows(from({ principals: ["*"] }), {})).toBe(false);
    expect(await allows(from({ notTrustDomains: ["td"], notServiceAccounts: ["x"] }), {})).toBe(true);
  });

  const params = { trustDomain: "new.td", trustDomainAliases: ["old.td", "else"] };
  it.each<[string, string, boolean]>([
    ["new.td/ns/a/sa/x", "old.td/ns/a/sa/x", true],
    ["old.td/ns/a/sa/x", "new.td/ns/a/sa/x", true],
    ["cluster.local/ns/a/sa/x", "else/ns/a/sa/x", true],
    ["cluster.local/ns/a/sa/x", "cluster.local/ns/a/sa/x", false],
    ["cluster.local/ns/a/*", "else/ns/a/sa/x", false],
    ["cluster.local/ns/a/sa/*", "else/ns/a/sa/x", true],
    ["third/ns/a/sa/x", "third/ns/a/sa/x", true],
    ["third/ns/a/sa/x", "else/ns/a/sa/x", false],
    ["*.td/ns/a/sa/x", "else/ns/a/sa/x", true],
    ["*.td/ns/a/sa/x", "third.td/ns/a/sa/x", true],
  ])("under aliases: %s means %s: %s", async (principal, id, expected) => {
    expect(await allows(from({ principals: [principal] }), caller(id), params)).toBe(expected);
    expect(await allows(when("source.principal", { values: [principal] }), caller(id), params)).toBe(expected);
  });

  it("may be told apart by trust domain, where an alias stands for the mesh's", async () => {
    const id = caller("else/ns/a/sa/x");
    expect(await allows(from({ trustDomains: ["old.td"] }), id, params)).toBe(true);
    expect(await allows(from({ trustDomains: ["*.td"] }), id, params)).toBe(false);
    expect(await allows(from({ trustDomains: ["cluster.local"] }), id, params)).toBe(false);
  });

  it("have addresses, their own and the one behind proxies", async () => {
    const attributes = { "source.ip": "10.1.2.3", "origin.ip": "2001:db8::7" };
    expect(await allows(from({ ipBlocks: ["10.1.99.99/16"] }), attributes)).toBe(true);
    expect(await allows(from({ ipBlocks: ["10.1.2.4"] }), attributes)).toBe(false);
    expect(await allows(from({ remoteIpBlocks: ["2001:db8::/32"] }), attributes)).toBe(true);
    expect(await allows(from({ notRemoteIpBlocks: ["0.0.0.0/0"] }), attributes)).toBe(true);
    expect(await allows(when("remote.ip", { values: ["2001:db8::7"] }), attributes)).toBe(true);
  });
});

describe("tokens", () => {
  it.each<[string, Json, Json, boolean]>([
    ["*", "i", "s", true],
    ["*", "i", "", false],
    ["https://i/s", "https://i", "s", true],
    ["i/*", "i", "s", true],
    ["i/s*", "i", "sub", true],
    ["*/s", "any", "s", true],
    ["*/s", "any", "t", false],
    ["*i/s", "ii", "s", true],
    ["*i/*", "ii", "s", false],
    ["*i/*", "ii", "*", true],
    ["https*", "https://i", "s", true],
    ["iss*", "issuer", "any", true],
    ["https://id*", "https:/", "idx", true],
    ["i", "i", "", true],
    ["i/s", "i", 5, false],
  ])("%s, iss %j, sub %j: %s", async (principal, iss, sub, expected) => {
    expect(await allows(from({ requestPrincipals: [principal] }), claims({ iss, sub }))).toBe(expected);
  });

  it.each<[string, string[], object, boolean]>([
    ["request.auth.claims[a][b]", ["x"], { a: { b: "x" } }, true],
    ["request.auth.claims[a.b/c]", ["x*"], { "a.b/c": "xy" }, true],
    ["request.auth.claims[groups]", ["dev"], { groups: [1, "ops", "dev"] }, true],
    ["request.auth.claims[flag]", ["*"], { flag: true }, false],
    ["request.auth.claims[o]", ["*"], { o: { p: "q" } }, false],
    ["request.auth.claims[scope]", ["read"], { scope: "write read" }, true],
    ["request.auth.claims[scope]", ["write read"], { scope: "write read" }, false],
    ["request.auth.claims[other]", ["read"], { other: "write read" }, false],
    ["request.auth.audiences", ["me"], { aud: ["you", "me"] }, true],
    ["request.auth.presenter", ["me"], { azp: "me" }, true],
    ["request.auth.claims[constructor]", ["*"], {}, false],
  ])("%s %j of %j: %s", async (key, values, token, expected) => {
    expect(await allows(when(key, { values }), claims(token))).toBe(expected);
    expect(await allows(when(key, { notValues: values }), claims(token))).toBe(!expected);
  });

  it("are told by single attributes where there is no raw token", async () => {
    const attributes = {
      "request.auth.principal": "https://i/s",
      "request.auth.audiences": "a,b",
      "request.auth.presenter": "p",
      "request.auth.claims": { role: "admin" },
    };
    expect(await allows(from({ requestPrincipals: ["https://i/s"] }), attributes)).toBe(true);
    expect(await allows(when("request.auth.audiences", { values: ["b"] }), attributes)).toBe(true);
    expect(await allows(when("request.auth.presenter", { values: ["p"] }), attributes)).toBe(true);
    expect(await allows(when("request.auth.claims[role]", { values: ["admin"] }), attributes)).toBe(true);
  });
});

describe("requests", () => {
  it.each<[object[], Record<string, Json>, boolean]>([
    [to({ hosts: ["*"] }), { "request.host": "" }, true],
    [to({ hosts: ["*.A.com"] }), { "request.host": "x.a.COM" }, true],
    [to({ hosts: ["*.a.com"] }), { "request.host": "a.com" }, false],
    [to({ methods: ["get"] }), {}, false],
    [to({ methods: ["P*"] }), { "request.method": "PATCH" }, true],
    [to({ notMethods: ["GET"] }), {}, false],
    [to({ paths: ["/a#*"] }), path("/a#b"), false],
    [to({ paths: ["/a"] }), path("/a#b?c"), true],
    [to({ paths: ["/a/{*}/c"], notPaths: ["/a/b/*"] }), path("/a/b/c"), false],
    [to({ ports: ["80", "443"] }), { "destination.port": 443 }, true],
    [to({ notPorts: ["443"] }), { "destination.port": 443 }, false],
    [to({ ports: ["443"] }), {}, false],
    [when("request.headers[X-A]", { values: ["*"] }), { "request.headers": { "x-a": "" } }, true],
    [when("request.headers[x-a]", { values: ["1"] }), { "request.headers": { "x-a": "1,2" } }, false],
    [when("request.headers[:method]", { values: ["GET"] }), {}, true],
    [when("request.headers[host]", { values: ["shop.example"] }), {}, true],
    [when("destination.ip", { values: ["10.0.0.0/8"] }), { "destination.ip": "10.1.1.1" }, true],
    [when("destination.port", { notValues: ["1"] }), { "destination.port": 1 }, false],
    [when("connection.sni", { values: ["*.a"] }), { "connection.requested_server_name": "x.a" }, true],
    [when("connection.sni", { values: ["*"] }), {}, false],
    [when("experimental.envoy.filters.http.x[k]", { notValues: ["v"] }), {}, true],
  ])("%j of %j: %s", async (rules, attributes, expected) => {
    expect(await allows(rules, attributes)).toBe(expected);
  });

  it("have metadata of filters, where the proxy sends it", async () => {
    const raw = {
      attributes: { metadataContext: { filterMetadata: { "envoy.filters.http.x": { k: "v", l: ["w", 1] } } } },
    };
    const ask = async (key: string, value: string) =>
      (await decide([allow(when(`experimental.envoy.filters.http.x[${key}]`, { values: [value] }))], {}, {}, raw))
        .allowed;
    expect([await ask("k", "v"), await ask("k", "[v]"), await ask("l", "[w]"), await ask("l", "w")]).toEqual([
      ...[true, false, true, false],
    ]);
  });
});

describe("connections", () => {
  it.each<[string, Json[], boolean]>([
    [
      "a rule that allows is dropped for a field in any part",
      [allow([{ ...to({ ports: ["5432"] })[0], ...when("request.headers[a]", { notValues: ["b"] })[0] }])],
      false,
    ],
    ["the other rules stay", [allow([...to({ methods: ["GET"] }), ...to({ ports: ["5432"] })])], true],
    ["a rule that denies loses the field", [deny(to({ ports: ["1"], notMethods: ["GET"] }))], true],
    ["what remains decides", [deny(to({ ports: ["5432"], notMethods: ["GET"] }))], false],
    ["so is it with token fields", [deny(from({ notRequestPrincipals: ["*"] }))], false],
    [
      "CUSTOM loses it too",
      [policy({ action: "CUSTOM", provider: { name: "p" }, rules: to({ paths: ["/a"] }) })],
      false,
    ],
    ["an ALLOW policy without rules left counts", [allow(to({ paths: ["*"] }))], false],
  ])("%s", async (_, policies, expected) => {
    expect((await decide(policies, tcp)).allowed).toBe(expected);
  });
});

describe("the policies of a workload", () => {
  const web = { "destination.labels": { app: "web", version: "v1" } };
  const gateway = { "gateway.networking.k8s.io/gateway-name": "edge" };
  const waypoint = { ...gateway, "gateway.istio.io/managed": "istio.io-mesh-controller" };
  const select = (matchLabels: object) => policy({ action: "DENY", selector: { matchLabels }, rules: [{}] });
  const attach = (group: string, kind: string, name: string, metadata = {}) =>
    policy({ action: "DENY", targetRefs: [{ group, kind, name }], rules: [{}] }, metadata);
  const group = "gateway.networking.k8s.io";
  const called = { "destination.service.name": "cart", "destination.service.namespace": "goods" };

  it.each<[string, Json, Record<string, Json>, boolean]>([
    ["every label of the selector", select({ app: "web", version: "v1" }), web, true],
    ["another label", select({ app: "web", version: "v2" }), web, false],
    ["an empty selector", select({}), web, true],
    ["another namespace", policy({ action: "DENY", rules: [{}] }, { namespace: "other" }), web, false],
    ["the root namespace", policy({ action: "DENY", rules: [{}] }, { namespace: "istio-system" }), web, true],
    ["a target for a plain workload", attach(group, "Gateway", "edge"), web, false],
    ["a target where no label is known", attach(group, "Gateway", "edge"), {}, false],
    ["a gateway", attach(group, "Gateway", "edge"), { "destination.labels": gateway }, true],
    ["another gateway", attach(group, "Gateway", "other"), { "destination.labels": gateway }, false],
    ["a gateway by selector", select({ [`${group}/gateway-name`]: "edge" }), { "destination.labels": gateway }, true],
    [
      "a gateway is not a class",
      attach(group, "GatewayClass", "istio-waypoint"),
      { "destination.labels": gateway },
      false,
    ],
    ["a waypoint", attach(group, "Gateway", "edge"), { "destination.labels": waypoint }, true],
    [
      "a waypoint by selector",
      select({ [`${group}/gateway-name`]: "edge" }),
      { "destination.labels": waypoint },
      false,
    ],
    ["a waypoint without target", policy({ action: "DENY", rules: [{}] }), { "destination.labels": waypoint }, false],
    [
      "a waypoint by class",
      attach(group, "GatewayClass", "istio-waypoint", { namespace: "istio-system" }),
      { "destination.labels": waypoint },
      true,
    ],
    ["a class elsewhere", attach(group, "GatewayClass", "istio-waypoint"), { "destination.labels": waypoint }, false],
    [
      "a service",
      attach("", "Service", "cart", { namespace: "goods" }),
      { "destination.labels": waypoint, ...called },
      true,
    ],
    ["a service elsewhere", attach("core", "Service", "cart"), { "destination.labels": waypoint, ...called }, false],
  ])("%s", async (_, each, attributes, applies) => {
    expect((await decide([each], attributes)).allowed).toBe(!applies);
  });

  it("are found by the table of workloads, which is asked first", async () => {
    const workloads = { "shop/cart": { app: "cart" }, "10.0.0.7": { namespace: "goods", labels: { app: "web" } } };
    const ask = async (each: Json, attributes: Record<string, Json>) =>
      (await decide([each], attributes, { workloads })).allowed;
    expect(await ask(select({ app: "cart" }), { ...web, "destination.serviceAccount": "cart" })).toBe(false);
    expect(await ask(select({ app: "web" }), { "destination.ip": "10.0.0.7" })).toBe(false);
    const goods = policy(
      { action: "DENY", selector: { matchLabels: { app: "web" } }, rules: [{}] },
      { namespace: "goods" },
    );
    expect(await ask(goods, { "destination.namespace": null, "destination.ip": "10.0.0.7" })).toBe(false);
    const extensions = {
      "context.extensions": { "destination.namespace": "shop", "destination.serviceAccount": "cart" },
    };
    expect(await ask(select({ app: "cart" }), { ...extensions, "destination.namespace": null })).toBe(false);
  });

  it.each<[string, Json, Record<string, Json>, string]>([
    [
      "namespace",
      deny([{}]),
      { "destination.namespace": null },
      "mesh: the namespace of the called workload is not known",
    ],
    [
      "labels, where they are asked for",
      select({ app: "web" }),
      {},
      "mesh: the labels of the called workload in shop are not known",
    ],
  ])("cannot be told without %s", async (_, each, attributes, detail) => {
    const { allowed, reasons } = await decide([each], attributes);
    expect([allowed, reasons[0]?.outcome]).toEqual([false, "error"]);
    expect(reasons[0]?.detail).toContain(detail);
  });
});

describe("actions", () => {
  const custom = (name: string, rules: object[] = [{}]) => policy({ action: "CUSTOM", provider: { name }, rules });
  it.each<[string, Json[], boolean, string | undefined]>([
    ["an unknown provider refuses", [custom("x")], false, "the provider x is not known here"],
    ["only what matches", [custom("x", to({ methods: ["PUT"] }))], true, undefined],
    ["one that is set to allow goes on", [custom("yes"), deny([{}])], false, "a DENY rule matches"],
    ["one that is set to deny ends it", [custom("no"), allow([{}])], false, "the provider no is set to deny"],
    ["two refuse", [custom("yes"), custom("no")], false, "the workload has several providers: yes, no"],
    ["ALLOW without a match", [allow(to({ methods: ["PUT"] }))], false, "no ALLOW rule matches"],
    ["DENY without a match", [deny(to({ methods: ["PUT"] }))], true, undefined],
    [
      "ALLOW policies count together",
      [allow(to({ methods: ["PUT"] })), allow(to({ methods: ["GET"] }))],
      true,
      undefined,
    ],
    [
      "an ALLOW policy of a dry run does not count",
      [policy({ rules: to({ methods: ["PUT"] }) }, dryRun)],
      true,
      undefined,
    ],
    ["AUDIT decides nothing", [policy({ action: "AUDIT", rules: [{}] })], true, undefined],
  ])("%s", async (_, policies, expected, reason) => {
    const verdict = await decide(policies, {}, { providers: { yes: "allow", no: "deny" } });
    expect([verdict.allowed, verdict.changes.metadata?.rbac_reason]).toEqual([expected, reason]);
  });

  it("of a dry run and audits are told in the metadata", async () => {
    const named = { name: "p", ...dryRun };
    const { changes } = await decide(
      [
        policy({ action: "DENY", rules: [...to({ methods: ["PUT"] }), {}] }, named),
        policy({ rules: to({ methods: ["PUT"] }) }, { ...named, name: "q" }),
        policy({ action: "AUDIT", rules: [{}] }, { name: "r" }),
      ],
      {},
    );
    expect(changes.metadata).toEqual({
      istio_dry_run_deny_shadow_engine_result: "denied",
      istio_dry_run_deny_shadow_effective_policy_id: "ns[shop]-policy[p]-rule[1]",
      istio_dry_run_allow_shadow_engine_result: "denied",
      access_log_hint: true,
      rbac_audit_policy: "ns[shop]-policy[r]-rule[0]",
    });
  });
});

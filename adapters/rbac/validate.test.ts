import { describe, expect, it } from "vitest";
import { readPolicy } from "./read-policy.ts";
import { policyProblems, policyWarnings } from "./validate.ts";

const group = "gateway.networking.k8s.io";
const one = [{ to: [{ operation: { methods: ["GET"] } }] }];
const from = (source: unknown) => ({ rules: [{ from: [{ source }] }] });
const to = (operation: unknown) => ({ rules: [{ to: [{ operation }] }] });
const when = (condition: unknown) => ({ rules: [{ when: [condition] }] });
const custom = (spec: object) => ({ action: "CUSTOM", provider: { name: "p" }, ...spec });

/** What is wrong with a policy of this spec. */
function problemsOf(spec: unknown, annotations: object = {}): readonly string[] {
  const { policy, problems } = readPolicy({ metadata: { name: "p", annotations }, spec });
  return problems.length > 0 ? problems : policyProblems(policy);
}

describe("refused is", () => {
  it.each<[unknown, string]>([
    [
      { selector: {}, targetRef: { group, kind: "Gateway", name: "a" } },
      "spec may have only one of selector, targetRef",
    ],
    [{ targetRefs: [{ group, kind: "Gateway" }] }, "spec.targetRefs[0].name is missing"],
    [{ targetRefs: [{ group, kind: "Gateway", name: "a", namespace: "b" }] }, "spec.targetRefs[0].namespace must be"],
    [{ targetRef: { group, kind: "Service", name: "a" } }, "spec.targetRefs must be a Gateway"],
    [{ selector: { matchLabels: { "": "a" } } }, "spec.selector.matchLabels has an empty key"],
    [{ selector: { matchLabels: { a: "b*" } } }, "spec.selector.matchLabels.a must not have a star"],
    [{ selector: { matchLabels: { a: 1 } } }, "spec.selector.matchLabels.a must be text: put quotes around 1"],
    [{ action: "DENY" }, "spec.rules must not be empty: DENY"],
    [{ action: "DENY", rules: [] }, "spec.rules must not be empty: DENY"],
    [custom({}), "spec.rules must not be empty: CUSTOM"],
    [{ action: "CUSTOM", rules: one }, "spec.provider.name is missing"],
    [{ provider: { name: "p" }, rules: one }, "spec.provider is for CUSTOM only, not for ALLOW"],
    [{ action: "REFUSE" }, "spec.action must be one of ALLOW, DENY, AUDIT, CUSTOM, not REFUSE"],
    [custom(from({ notNamespaces: ["a"] })), "spec.rules[0].from[0].source.namespaces is not for CUSTOM"],
    [custom(from({ serviceAccounts: ["a"] })), "source.serviceAccounts is not for CUSTOM"],
    [custom(from({ trustDomains: ["a"] })), "source.trustDomains is not for CUSTOM"],
    [custom(from({ principals: ["a"] })), "source.principals is not for CUSTOM"],
    [custom(from({ requestPrincipals: ["a"] })), "source.requestPrincipals is not for CUSTOM"],
    [custom(when({ key: "source.namespace", values: ["a"] })), "when[0] is not for CUSTOM"],
    [custom(when({ key: "request.auth.claims[a]", values: ["a"] })), "when[0] is not for CUSTOM"],
    [{ rules: [null] }, "spec.rules[0] must not be null"],
    [{ rules: [{ from: [] }] }, "spec.rules[0].from must not be an empty list"],
    [{ rules: [{ to: [] }] }, "spec.rules[0].to must not be an empty list"],
    [from(null), "spec.rules[0].from[0].source must have a field"],
    [to({}), "spec.rules[0].to[0].operation must have a field"],
    [{ rules: [{ to: [{}] }] }, "spec.rules[0].to[0].operation must have a field"],
    [to({ methods: [""] }), "operation.methods[0] must not be empty"],
    [to({ ports: [80] }), "operation.ports[0] must be text: put quotes around 80"],
    [to({ method: ["GET"] }), "operation.method is not known"],
    [{ rules: [{ If: [] }] }, "spec.rules[0].If is not known"],
    [from({ serviceAccounts: ["a"], principals: ["b"] }), "must not stand beside principals or namespaces"],
    [from({ serviceAccounts: ["a"], notNamespaces: ["b"] }), "must not stand beside principals or namespaces"],
    [from({ serviceAccounts: ["a*"] }), "a* must not have a star"],
    [from({ serviceAccounts: ["a/b/c"] }), "a/b/c must be ACCOUNT or NAMESPACE/ACCOUNT"],
    [from({ serviceAccounts: ["a".repeat(321)] }), "must not be longer than 320"],
    [from({ serviceAccounts: new Array(17).fill("a") }), "has more than 16 values"],
    [from({ trustDomains: ["a/b"] }), "a/b must not have a slash"],
    [from({ trustDomains: ["a*b"] }), "a*b may have one star"],
    [from({ trustDomains: ["*a*"] }), "*a* may have one star"],
    [from({ ipBlocks: ["10.0.0.256"] }), "source.ipBlocks: 10.0.0.256 is neither an address nor a CIDR"],
    [from({ notRemoteIpBlocks: ["10.0.0.0/33"] }), "source.remoteIpBlocks: 10.0.0.0/33 is neither"],
    [to({ ports: ["65536"] }), "operation.ports: 65536 is no port"],
    [to({ notPorts: ["80*"] }), "operation.ports: 80* is no port"],
    [to({ paths: ["/{a}"] }), "operation.paths: /{a} may have braces only"],
    [when({ values: ["a"] }), "when[0].key must not be empty"],
    [when({ key: "source.ip" }), "when[0] must have values or notValues"],
    [when({ key: "source.port", values: ["a"] }), "when[0].key: source.port is not known"],
    [when({ key: "hosts", values: ["a"] }), "when[0].key: hosts is not known"],
    [when({ key: "request.headers", values: ["a"] }), "must have the form request.headers[NAME]"],
    [when({ key: "request.headers[]", values: ["a"] }), "must have the form request.headers[NAME]"],
    [when({ key: "request.auth.claims[a", values: ["a"] }), "must have the form request.auth.claims[NAME]"],
    [
      when({ key: "experimental.envoy.filters.x", values: ["a"] }),
      "must have the form experimental.envoy.filters.FILTER[NAME]",
    ],
    [when({ key: "destination.labels[a]", values: ["a"] }), "is no condition any more"],
    [when({ key: "destination.user", values: ["a"] }), "is no condition any more"],
    [when({ key: "destination.port", values: ["http"] }), "http is no port"],
  ])("%j: %s", (spec, expected) => {
    expect(problemsOf(spec)).toEqual([expect.stringContaining(expected)]);
  });

  it.each([
    ["AUDIT", "true", "is not for AUDIT"],
    ["ALLOW", "yes", "must be true or false, not yes"],
  ])("%s with a dry run %s", (action, value, expected) => {
    expect(problemsOf({ action, rules: one }, { "istio.io/dry-run": value })).toEqual([
      expect.stringContaining(expected),
    ]);
  });

  it("everything at once", () => {
    expect(problemsOf({ action: "DENY", provider: { name: "p" }, selector: { matchLabels: { a: "*" } } })).toHaveLength(
      3,
    );
  });
});

it.each<[unknown]>([
  [{}],
  [undefined],
  [null],
  [{ rules: [] }],
  [{ rules: [{}] }],
  [{ targetRefs: [], selector: { matchLabels: { a: "b" } } }],
  [
    {
      targetRefs: [
        { kind: "Service", name: "a", group: "core" },
        { kind: "ServiceEntry", name: "b", group: "networking.istio.io" },
      ],
    },
  ],
  [custom(from({ ipBlocks: ["::/0"] }))],
  [when({ key: "experimental.envoy.filters.a.b[c]", values: ["[d]"] })],
])("taken is %j", (spec) => {
  expect(problemsOf(spec)).toEqual([]);
});

it("warns of what is probably not meant", () => {
  const warnings = (spec: object) => policyWarnings(readPolicy({ metadata: { name: "p" }, spec }).policy);
  expect(warnings({ selector: {} })).toEqual(["its selector has no labels, so it is for every workload"]);
  expect(warnings({ action: "DENY", rules: one })).toEqual([expect.stringContaining("all connections")]);
  expect(warnings({ action: "DENY", ...to({ methods: ["GET"], ports: ["80"] }) })).toEqual([]);
  expect(warnings({ rules: one })).toEqual([]);
});

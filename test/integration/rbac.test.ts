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

/** A policy as JSON, which is YAML too; in `shop` unless metadata says. */
const policy = (spec: object, metadata: object = {}): Json =>
  ({
    apiVersion: "security.istio.io/v1",
    kind: "AuthorizationPolicy",
    metadata: { name: `p${Math.random()}`, namespace: "shop", ...metadata },
    spec,
  }) as unknown as Json;

/** The hub with these policies, asked once: allow, deny, or why it could not decide. */
async function decide(policies: readonly Json[], attributes: Record<string, Json>, params: object = {}) {
  const folder = mkdtempSync(join(tmpdir(), "mixdown-rbac-"));
  folders.push(folder);
  const file = join(folder, "policies.yaml");
  writeFileSync(file, policies.map((each) => JSON.stringify(each)).join("\n---\n"));
  const config = {
    handlers: { mesh: { adapter: "rbac", params: { files: [file], ...params } } },
    rules: [{ name: "mesh", check: { handler: "mesh" } }],
  };
  const hub = await policyOfConfig(JSON.stringify(config));
  const verdict = await hub.check({ ...get, ...attributes });
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

import { describe, expect, it } from "vitest";
import { startServer } from "../../test/support/http-server.ts";
import { checkCommand } from "./check.ts";
import { testIo } from "./cli.fixture.ts";

const config = `
rules:
  - name: strict
    match: request.method == "POST"
    deny: {}
    shadow: true
  - name: tenants
    match: request.headers["x-tenant"] == "closed"
    deny: { status: 402 }
    onError: allow
  - name: no-admin
    match: request.url_path.startsWith("/admin")
    deny: { message: keep out, headers: { x-why: admin } }
  - name: shop
    match: request.host == "shop"
    allow: true
    headers: { upstream: { set: { x-seen: "1" } } }
  - name: budget
    limit: { key: ["request.host"], rate: 1/1h }
`;

async function check(attributes: string, ...more: string[]) {
  const { io, out } = testIo({ "mesh.yaml": config });
  const stdin = (async function* () {
    yield Buffer.from(attributes);
  })();
  const status = await checkCommand.run(["--config", "mesh.yaml", "--attributes", "-", ...more], { ...io, stdin });
  return { status, out: out() };
}

describe("mixdown check", () => {
  it("prints a refusal and the way to it", async () => {
    expect(
      await check("{ request.path: /admin/users, request.method: POST, request.headers: { x-tenant: a } }"),
    ).toEqual({
      status: 0,
      out: [
        "denied by no-admin: 403 (gRPC 7) keep out",
        "  strict    deny, shadow",
        "  tenants   no match",
        "  no-admin  deny",
        "  shop      not tried",
        "  budget    not tried",
        "shadow: strict would deny",
        "",
      ].join("\n"),
    });
  });

  it("says which rule could not be evaluated, and why", async () => {
    const { out } = await check("{ request.path: /cart, request.host: shop, request.method: GET }");
    expect(out).toMatch(/^allowed by shop\n {2}strict {4}no match\n {2}tenants {3}error: match: .*request.headers/);
    expect(out).toContain("  shop      allow\n");
  });

  it("goes by the default where no rule decides", async () => {
    const nobody = "{ request.path: /, request.host: other, request.method: GET, request.headers: {} }";
    expect((await check(nobody)).out).toMatch(/^allowed since no rule decided\n/);
    expect((await check(nobody, "--default", "deny")).out).toMatch(/^denied since no rule decided: 403/);
  });

  it("gives the same as JSON", async () => {
    const { out } = await check("{ request.path: /admin, request.method: GET, request.headers: {} }", "--json");
    expect(JSON.parse(out)).toMatchObject({
      ...{ allowed: false, code: 7, httpStatus: 403, message: "keep out", rule: "no-admin", shadow: null },
      headers: { "x-why": "admin" },
      way: [
        { rule: "strict", outcome: "no match" },
        { rule: "tenants", outcome: "error" },
        { rule: "no-admin", outcome: "deny" },
        { rule: "shop", outcome: "not tried" },
        { rule: "budget", outcome: "not tried" },
      ],
    });
  });

  it.each([
    ["{ request.pth: / }", /unknown attribute "request.pth". Did you mean "request.path"/],
    ["[1]", /expected an object of attributes/],
    ["{ a", /-: /],
  ])("refuses %s as attributes", async (attributes, message) => {
    await expect(check(attributes)).rejects.toThrow(message);
  });

  it("asks as a proxy does, with the request as it came for those who read it", async () => {
    const asked: unknown[] = [];
    const server = await startServer(({ body }, response) => {
      asked.push(JSON.parse(String(body)));
      response.end('{"result":{"allowed":false,"body":"by opa"}}');
    });
    const request = { attributes: { request: { http: { path: "/pets", method: "GET", rawBody: "AAE=" } } } };
    const { io, out } = testIo({
      "mesh.yaml": `
listeners: { front: { address: "127.0.0.1:0", serves: [grpc], default: deny, reporter: outbound } }
handlers: { opa: { adapter: opa, params: { url: "${server.url}" } } }
rules:
  - { name: side, match: context.reporter.kind == "outbound" && request.path == "/outward", allow: true }
  - { name: pets, match: request.path == "/pets", check: { handler: opa, timeout: 5s } }
`,
      "request.json": JSON.stringify(request),
      "outward.yaml": "attributes: { request: { http: { path: /outward } } }",
      "other.yaml": "attributes: { request: { http: { path: /other } } }",
      "wrong.json": '{"attributes":{"request":{"htp":{}}}}',
    });
    const run = (file: string, ...more: string[]) =>
      checkCommand.run(["--config", "mesh.yaml", "--request", file, ...more], io);
    await run("request.json");
    await run("outward.yaml", "--listener", "front");
    await run("other.yaml", "--listener", "front");
    await run("other.yaml", "--listener", "front", "--default", "allow");
    expect(asked).toMatchObject([{ input: request }]);
    expect(out().match(/^(denied|allowed).*/gm)).toEqual([
      expect.stringMatching(/^denied by pets: 403/),
      "allowed by side",
      expect.stringMatching(/^denied since no rule decided/),
      "allowed since no rule decided",
    ]);
    await expect(run("wrong.json")).rejects.toThrow(/^wrong.json: .*"htp" is unknown/);
    await expect(run("request.json", "--listener", "fornt")).rejects.toThrow(
      'unknown listener "fornt". Did you mean "front"?',
    );
    await expect(run("request.json", "--attributes", "-")).rejects.toThrow("exclude each other");
    await server.close();
  });

  it("lists what is wrong with the configuration", async () => {
    const { io } = testIo({ "mesh.yaml": "rules: [{ name: a }]", "r.json": "{}" });
    await expect(checkCommand.run(["--config", "mesh.yaml", "--attributes", "r.json"], io)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
    });
  });
});

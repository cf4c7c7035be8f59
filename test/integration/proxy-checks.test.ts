import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openRunningHub, type RunningHub } from "../support/running-hub.ts";

const any = "127.0.0.1:0";
const rules = [
  { name: "down", match: 'request.url_path == "/down"', deny: { status: 503, code: "UNAVAILABLE" } },
  {
    name: "login",
    match: 'request.url_path.startsWith("/private")',
    deny: { status: 302, headers: { location: { value: '"/login?next=" + request.path' } }, body: "sign in" },
  },
  { name: "writes", match: '!(request.method in ["GET", "HEAD", "PROPFIND"])', deny: { message: "read only" } },
  { name: "inside", match: '(origin.ip | ip("0.0.0.0")) == ip("10.9.9.9")', deny: { message: "inside" } },
  { name: "bot", match: '(request.headers["x-agent"] | "") == "b\u00f6t"', deny: { message: "bot" } },
  {
    name: "rest",
    allow: true,
    headers: {
      upstream: {
        set: { "x-method": { value: "request.method" }, "x-host": { value: "request.host" }, "x-text": "h\u00fct" },
        remove: ["x-secret", "x-internal"],
      },
      client: { add: { "x-path": { value: "request.path" } } },
    },
  },
];

let hub: RunningHub;

beforeAll(async () => {
  const http = { address: any, limits: { maxMessageBytes: 1000 } };
  const checkPaths = { extAuthz: ["/authz", "/authz/v1"], forwardAuth: ["/ask"] };
  const own = { address: any, serves: ["http"], trustedHops: 1, default: "deny", checkPaths };
  hub = await openRunningHub({ http, own }, { rules });
});

afterAll(() => hub.close());

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** Asks with the bytes given: no client library makes them valid first. */
async function ask(
  path: string,
  headers: Record<string, string | string[]> = {},
  { method = "GET", body = "", listener = "http" } = {},
): Promise<Answer> {
  const [host, port] = (hub.listeners[listener] as string).split(":");
  const asked = request({ host, port, path, method, headers, agent: false });
  asked.end(body);
  const response = await new Promise<IncomingMessage>((resolve, reject) =>
    asked.on("response", resolve).on("error", reject),
  );
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

describe("Envoy's HTTP service", () => {
  test("is answered 200 with the headers that change, and those to remove", async () => {
    const { status, headers, body } = await ask("/ext_authz/a%2Fb?c=1", { host: "shop.example" });
    expect([status, body]).toEqual([200, ""]);
    expect(headers).toMatchObject({
      ...{ "x-method": "GET", "x-host": "shop.example", "x-path": "/a%2Fb?c=1" },
      "x-envoy-auth-headers-to-remove": "x-secret, x-internal",
      "x-mixdown-decision-id": expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(Buffer.from(headers["x-text"] as string, "latin1").toString()).toBe("h\u00fct");
  });

  test("is asked with any path, even one that is no valid URL, and any method", async () => {
    for (const path of ["/%zz/%", "//double", "/a;b", "/a\\b", `/${"long".repeat(800)}`, ""])
      expect(await ask(`/ext_authz${path}`)).toMatchObject({ status: 200, headers: { "x-path": path || "/" } });
    expect(await ask("/ext_authz/dav", {}, { method: "PROPFIND" })).toMatchObject({ status: 200 });
    for (const method of ["POST", "DELETE", "OPTIONS", "TRACE", "MKCOL", "M-SEARCH"])
      expect(await ask("/ext_authz/dav", {}, { method })).toMatchObject({ status: 403, body: "read only" });
    expect(await ask("/check/dav", {}, { method: "HEAD" })).toMatchObject({ status: 200, body: "" });
  });

  test("leaves its neighbours alone", async () => {
    expect(await ask("/ext_authzz")).toMatchObject({ status: 404 });
    expect(await ask("/v1/check")).toMatchObject({ status: 405 });
  });

  test("takes bodies as they are, within bounds", async () => {
    const post = (body: string, headers = {}) => ask("/ext_authz/x", headers, { method: "POST", body });
    expect(await post("not gzip at all", { "content-encoding": "gzip" })).toMatchObject({ status: 403 });
    expect(await post("{", { "content-type": "application/json" })).toMatchObject({ status: 403, body: "read only" });
    expect(await post("x".repeat(1001))).toMatchObject({ status: 413 });
    expect(await hub.total("mixdown_decode_errors_total", { reason: "message_body_too_large" })).toBe(1);
  });

  test("gets refusals with status, headers and body; never 5xx, which would be the hub's failure", async () => {
    const refused = await ask("/ext_authz/private/x");
    expect(refused).toMatchObject({ status: 302, headers: { location: "/login?next=/private/x" }, body: "sign in" });
    expect(await ask("/ext_authz/down")).toMatchObject({ status: 403 });
    const grpc = await ask("/ext_authz/down", { "content-type": "application/grpc" });
    expect(grpc).toMatchObject({ status: 403, headers: { "grpc-status": "14" } });
  });

  test("has header bytes read as UTF-8", async () => {
    expect(await ask("/ext_authz/x", { "x-agent": Buffer.from("b\u00f6t").toString("latin1") })).toMatchObject({
      status: 403,
    });
    expect(await ask("/ext_authz/x", { "x-agent": "b\u00f6t" })).toMatchObject({ status: 200 });
  });
});

describe("forward-auth", () => {
  const traefik = { "x-forwarded-method": "GET", "x-forwarded-uri": "/a?b=1", "x-forwarded-host": "shop.example" };

  test.each([
    ["Traefik, Caddy", traefik],
    ["nginx", { "x-original-method": "GET", "x-original-uri": "/a?b=1", host: "shop.example" }],
    ["ingress-nginx", { "x-original-method": "GET", "x-original-url": "http://shop.example/a?b=1" }],
    ["two kinds that agree", { ...traefik, "x-original-url": "https://shop.example/a?b=1" }],
  ])("is asked as by %s", async (_proxy, headers) => {
    const { status, headers: told } = await ask("/forward-auth", headers);
    expect([status, told["x-method"], told["x-path"], told["x-host"]]).toEqual([200, "GET", "/a?b=1", "shop.example"]);
  });

  test.each([
    ["no path", {}],
    ["two paths", { ...traefik, "x-original-uri": "/b" }],
    ["two paths under one name", { "x-forwarded-uri": ["/a", "/b"] }],
    ["two methods", { ...traefik, "x-original-method": "POST" }],
    ["a path that is none", { "x-forwarded-uri": "a" }],
  ])("is refused with %s", async (_what, headers) => {
    const { status, body } = await ask("/forward-auth?ignored=1", headers);
    expect([status, JSON.parse(body).error.code]).toEqual([400, "NOT_A_CHECK"]);
  });

  test("passes refusals on as they are", async () => {
    expect(await ask("/forward-auth", { "x-forwarded-uri": "/down" })).toMatchObject({ status: 503 });
    const post = { "x-forwarded-uri": "/a", "x-forwarded-method": "POST" };
    expect(await ask("/forward-auth", post)).toMatchObject({ status: 403, body: "read only" });
  });

  test("knows the client by the last address of x-forwarded-for, or one further out for each trusted hop", async () => {
    const forwarded = { "x-forwarded-uri": "/a", "x-forwarded-for": "10.9.9.9, 192.0.2.1" };
    expect(await ask("/forward-auth", forwarded)).toMatchObject({ status: 200 });
    expect(await ask("/ask", forwarded, { listener: "own" })).toMatchObject({ status: 403, body: "inside" });
  });
});

test("a listener may have paths of its own", async () => {
  expect(await ask("/authz/v1/a", {}, { listener: "own" })).toMatchObject({ status: 200, headers: { "x-path": "/a" } });
  expect(await ask("/authz/v2/a", {}, { listener: "own" })).toMatchObject({ headers: { "x-path": "/v2/a" } });
  expect(await ask("/ext_authz/a", {}, { listener: "own" })).toMatchObject({ status: 404 });
});

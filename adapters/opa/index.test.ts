import assert from "node:assert/strict";
import { describe, expect, it } from "vitest";
import type { Json } from "../../schemas/model/access-log.ts";
import { fakeHost } from "../testing/fake-host.ts";
import { type QuestionParts, questionOf } from "../testing/question.ts";
import { opa } from "./index.ts";

const never = new AbortController().signal;

/** Text of JSON that is taken as it is: JavaScript would round its numbers. */
type Reply = { readonly status?: number; readonly body: Json | string };

/** An OPA server that takes only what OPA takes, and answers as told. */
async function open(reply: Reply | Error = { body: { result: true } }, params: object = {}) {
  const asked: {
    readonly url: string;
    readonly headers: Headers;
    readonly text: string;
    readonly input: { readonly [key: string]: Json };
  }[] = [];
  const fetch: typeof globalThis.fetch = async (url, init) => {
    const request = new Request(url, init);
    const text = await request.text();
    assert.equal(request.method, "POST");
    assert.equal(request.headers.get("content-type"), "application/json");
    assert.deepEqual(Object.keys(JSON.parse(text)), ["input"]);
    asked.push({ url: request.url, headers: request.headers, text, input: JSON.parse(text).input });
    if (reply instanceof Error) throw reply;
    return new Response(typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body), {
      status: reply.status ?? 200,
    });
  };
  const settings = opa.config.parse({ url: "http://opa.test/", ...params });
  const checker = await opa.checks!.open(settings, fakeHost([], { fetch }));
  return { asked, check: async (parts: QuestionParts = {}) => checker.check(questionOf(parts), never) };
}

const rawOf = (http: Json, more: object = {}): Json => ({ attributes: { request: { http }, ...more } }) as Json;

/** The input document that a request comes to. */
async function inputOf(http: Json, more: object = {}, params: object = {}) {
  const { check, asked } = await open(undefined, params);
  const answer = await check({ raw: rawOf(http, more) });
  return asked[0]?.input ?? { answer: answer.verdict };
}

describe("the input document of opa-envoy", () => {
  it("is what the proxy sent, and what follows from it", async () => {
    const source = { principal: "spiffe://a", address: { socketAddress: { address: "10.0.0.1", portValue: 5 } } };
    const http = { method: "GET", path: "/a%2Fb/?x=1&y=2&x=a+b%2B", headers: { a: "b" } };
    expect(await inputOf(http, { source })).toEqual({
      attributes: { request: { http }, source },
      version: { ext_authz: "v3", encoding: "protojson" },
      parsed_path: ["a", "b", ""],
      parsed_query: { x: ["1", "a b+"], y: ["2"] },
      parsed_body: null,
      truncated_body: false,
      source_principal: "spiffe://a",
    });
  });

  it.each([
    ["/", [""]],
    ["", [""]],
    ["//a//b/", ["a", "", "b", ""]],
    ["/a+b/%C3%A9?", ["a+b", "é"]],
  ])("path %j is parsed to %j", async (path, parsed) => {
    expect((await inputOf({ path })).parsed_path).toEqual(parsed);
  });

  it.each([
    ["/?a", { a: [""] }],
    ["/?a=b=c&&d=", { a: ["b=c"], d: [""] }],
    ["/?__proto__=x&a=%E4", JSON.parse('{"__proto__":["x"],"a":["\ufffd"]}')],
  ])("query of %j is parsed", async (path, parsed) => {
    expect((await inputOf({ path })).parsed_query).toMatchObject(parsed);
  });

  it.each<[string, object, Json, boolean?]>([
    ["application/json; charset=utf-8", { body: ' {"a":[1]} ' }, { a: [1] }],
    ["application/json", { rawBody: Buffer.from('{"a":"é"}').toString("base64") }, { a: "é" }],
    ["application/json", {}, null],
    ["application/grpc", { rawBody: "AAAA" }, null],
    ["text/plain", { body: "x" }, null],
    ["application/x-www-form-urlencoded", { body: "a=1&b=x+y&a=2" }, { a: ["1", "2"], b: ["x y"] }],
    [
      'multipart/form-data; boundary="b1"',
      {
        body: [
          ...["preamble", "--b1", 'Content-Disposition: form-data; name="t"', "", "é text", "--b1"],
          ...[
            'Content-Disposition: form-data; name="j"; filename="x"',
            "Content-Type: application/json",
            "",
            '{"n":1}',
          ],
          ...["--b1", 'Content-Disposition: form-data; filename="nameless"', "", "x"],
          ...["--b1", 'Content-Disposition: form-data; name="t"', "", "two", "--b1--", ""],
        ].join("\r\n"),
      },
      { t: ["é text", "two"], j: [{ n: 1 }] },
    ],
    ["multipart/form-data", { body: "x" }, null],
  ])("body of type %s is parsed", async (type, held, parsed) => {
    const input = await inputOf({ path: "/", headers: { "content-type": type }, ...held });
    expect(input).toMatchObject({ parsed_body: parsed, truncated_body: false });
  });

  it.each([
    ["application/json", { "content-length": "9" }],
    ["application/x-www-form-urlencoded", { "content-length": "9" }],
    ["application/json", { "x-envoy-auth-partial-body": "true", "content-length": "7" }],
  ])("body of type %s that was cut short is null: %j", async (type, more) => {
    const input = await inputOf({ path: "/", headers: { "content-type": type, ...more }, body: '{"a":1}' });
    expect(input).toMatchObject({ parsed_body: null, truncated_body: true });
  });

  it("keeps numbers as they were written", async () => {
    const { check, asked } = await open();
    const body = '{"id":12345678901234567890,"f":1.000}';
    await check({ raw: rawOf({ path: "/", headers: { "content-type": "application/json" }, body }) });
    expect(asked[0]?.text).toContain(`"parsed_body":${body}}`);
  });

  it("has no word of the body where bodies are not to be parsed", async () => {
    const http = { path: "/", headers: { "content-type": "application/json" }, body: "{" };
    const input = await inputOf(http, {}, { parseBody: false });
    expect(Object.keys(input)).toEqual(["attributes", "version", "parsed_path", "parsed_query"]);
  });

  it.each<[string, object, RegExp]>([
    ["a bad escape in the path", { path: "/%zz" }, /^request_parse_error: invalid URL escape "%zz"$/],
    ["a bad escape in the query", { path: "/?a=%1" }, /escape "%1"$/],
    ["a semicolon in the query", { path: "/?a;b" }, /semicolon/],
    ["a body that is no JSON", { path: "/", headers: { "content-type": "application/json" }, body: "{" }, /no JSON/],
    [
      "a bad length",
      { path: "/", headers: { "content-type": "application/json", "content-length": "x" }, body: "{}" },
      /"x" is no number/,
    ],
    [
      "a form that does not end",
      { path: "/", headers: { "content-type": "multipart/form-data; boundary=b" }, body: "--b\r\n" },
      /EOF/,
    ],
  ])("is not made of a request with %s: 400, unasked", async (_, http, message) => {
    const { check, asked } = await open();
    expect(await check({ raw: rawOf(http as Json) })).toEqual({
      verdict: "deny",
      denial: { status: 400, code: 7, message: expect.stringMatching(message), body: expect.stringMatching(message) },
    });
    expect(asked).toEqual([]);
  });

  it("is made of attributes where no proxy sent the request whole", async () => {
    const { check, asked } = await open();
    await check({
      attributes: {
        ...{ "source.ip": "10.0.0.1", "source.principal": "spiffe://a", "destination.port": 8080 },
        ...{
          "request.method": "GET",
          "request.path": "/a?b=c",
          "request.headers": { x: "y" },
          "request.time": { seconds: 7, nanos: 0 },
        },
      },
    });
    expect(asked[0]?.input).toMatchObject({
      attributes: {
        source: { address: { socketAddress: { address: "10.0.0.1" } }, principal: "spiffe://a" },
        destination: { address: { socketAddress: { portValue: 8080 } } },
        request: { time: { seconds: 7 }, http: { method: "GET", path: "/a?b=c", headers: { x: "y" } } },
      },
      ...{ parsed_path: ["a"], parsed_query: { b: ["c"] }, parsed_body: null, source_principal: "spiffe://a" },
    });
  });
});

it("the input document of Mixer's adapter has subject and action, and no empty text", async () => {
  const { check, asked } = await open(undefined, { input: "mixer", path: "mixerauthz/allow" });
  const instance = {
    ...{
      "subject.user": "ada",
      "subject.groups": "staff",
      "subject.properties.a.b": 1n,
      "subject.properties.on": true,
    },
    ...{ "action.method": "GET", "action.path": "", "action.properties.at": { seconds: 0, nanos: 0 } },
  };
  expect((await check({ instance })).verdict).toBe("pass");
  expect(asked[0]).toMatchObject({ url: "http://opa.test/v1/data/mixerauthz/allow" });
  expect(asked[0]?.input).toEqual({
    subject: { user: "ada", groups: ["staff"], properties: { "a.b": "1", on: true } },
    action: { method: "GET", properties: { at: "1970-01-01T00:00:00.000Z" } },
  });
  expect(await check()).toMatchObject({ verdict: "error", reason: expect.stringContaining("names no authorization") });
});

describe("a decision", () => {
  const decided = async (result: Json, more: object = { decision_id: "d1" }) =>
    (await open({ body: { result, ...more } as Json })).check({ raw: rawOf({ path: "/" }) });

  it("true allows, false refuses without a body, both with the decision's id", async () => {
    expect(await decided(true)).toMatchObject({
      verdict: "pass",
      changes: { metadata: { decision_id: "d1" } },
      validForMs: 0,
    });
    expect(await decided(false)).toMatchObject({
      verdict: "deny",
      denial: { status: 403, code: 7, body: "" },
      changes: { metadata: { decision_id: "d1" } },
    });
    const id = expect.stringMatching(/^[0-9a-f-]{36}$/);
    expect(await decided(true, {})).toMatchObject({ changes: { metadata: { decision_id: id } } });
  });

  it("object that allows changes the request and the answer", async () => {
    const answer = await decided({
      ...{
        allowed: true,
        headers: { "X-A": "1", "x-b": ["2", "3"] },
        response_headers_to_add: [{ "x-c": "4" }, { "x-d": "5" }],
      },
      ...{
        request_headers_to_remove: ["x-e"],
        query_parameters_to_set: { f: "6", g: ["7", "8"] },
        query_parameters_to_remove: ["h"],
      },
      ...{ dynamic_metadata: { team: "a" }, body: "unused", http_status: "unused", unknown: 1 },
    });
    expect(answer).toMatchObject({
      verdict: "pass",
      changes: {
        upstream: [
          { action: "set", name: "x-a", value: "1" },
          { action: "set", name: "x-b", value: "2" },
          { action: "set", name: "x-b", value: "3" },
          { action: "remove", name: "x-e" },
        ],
        client: [
          { action: "add", name: "x-c", value: "4" },
          { action: "add", name: "x-d", value: "5" },
        ],
        query: [
          { name: "f", value: "6" },
          { name: "g", value: "7" },
          { name: "g", value: "8" },
          { name: "h", value: undefined },
        ],
        metadata: { team: "a", decision_id: "d1" },
      },
    });
  });

  it("object that refuses says how", async () => {
    const headers = { "www-authenticate": "Basic", "set-cookie": ["a=1", "b=2"] };
    expect(
      await decided({ allowed: false, headers, body: "no", http_status: 401, dynamic_metadata: { a: 1 } }),
    ).toMatchObject({
      verdict: "deny",
      denial: { status: 401, code: 7, body: "no" },
      changes: {
        client: [
          { action: "set", name: "www-authenticate", value: "Basic" },
          { action: "set", name: "set-cookie", value: "a=1" },
          { action: "add", name: "set-cookie", value: "b=2" },
        ],
        metadata: { a: 1, decision_id: "d1" },
      },
    });
  });

  it.each<[Json, string]>([
    [null, "is null"],
    ["yes", "is text"],
    [1, "is a number"],
    [[true], "is a list"],
    [{}, '"allowed"'],
    [{ allowed: "true" }, '"allowed"'],
    [{ allowed: true, headers: { a: 1 } }, "the value of a is a number"],
    [{ allowed: true, headers: "a" }, "headers holds text"],
    [{ allowed: true, response_headers_to_add: null }, "response_headers_to_add holds null"],
    [{ allowed: true, request_headers_to_remove: "a" }, "request_headers_to_remove is text"],
    [{ allowed: true, query_parameters_to_remove: [1] }, "query_parameters_to_remove holds a number"],
    [{ allowed: true, query_parameters_to_set: [] }, "query_parameters_to_set holds a list"],
    [{ allowed: true, dynamic_metadata: [] }, "dynamic_metadata is a list"],
    [{ allowed: false, body: {} }, "body is an object"],
    [{ allowed: false, http_status: "403" }, 'http_status "403"'],
    [{ allowed: false, http_status: 600 }, "http_status 600"],
    [{ allowed: false, http_status: 100 }, "http_status 100"],
  ])("%j is an error", async (result, reason) => {
    expect(await decided(result)).toEqual({ verdict: "error", reason: expect.stringContaining(reason) });
  });

  it.each<[string, Reply | Error, string]>([
    ["undefined", { body: {} }, "the decision is undefined"],
    [
      "an error of OPA",
      { status: 500, body: { code: "internal_error" } },
      'OPA answered 500: {"code":"internal_error"}',
    ],
    ["a redirect", { status: 302, body: "" }, "OPA answered 302"],
    ["no JSON", { body: "<html>" }, "JSON"],
    ["no server", new TypeError("fetch failed"), "fetch failed"],
    ["too much", { body: `{"result":"${"a".repeat(1024 * 1024)}"}` }, "more than the 1048576 bytes"],
  ])("%s is an error", async (_, reply, reason) => {
    const { check } = await open(reply);
    expect(await check({ raw: rawOf({ path: "/" }) })).toEqual({
      verdict: "error",
      reason: expect.stringContaining(reason),
    });
  });
});

it("is asked within the trace of the request, and with the headers of the settings", async () => {
  const { check, asked } = await open(undefined, { headers: { Authorization: "Bearer t" } });
  await check({ attributes: { "request.headers": { traceparent: "00-a-b-01" } }, raw: rawOf({ path: "/" }) });
  expect(asked[0]?.url).toBe("http://opa.test/v1/data/envoy/authz/allow");
  expect([asked[0]?.headers.get("traceparent"), asked[0]?.headers.get("authorization")]).toEqual([
    "00-a-b-01",
    "Bearer t",
  ]);
});

it("ends the request once there is no time left", async () => {
  const abort = new AbortController();
  const fetch = (_: unknown, init?: RequestInit) =>
    new Promise<Response>((_, reject) => init?.signal?.addEventListener("abort", () => reject(init.signal?.reason)));
  const checker = await opa.checks!.open(
    opa.config.parse({ url: "http://opa.test" }),
    fakeHost([], { fetch: fetch as never }),
  );
  const answer = checker.check(questionOf({ raw: rawOf({ path: "/" }) }), abort.signal);
  abort.abort(new Error("no time left"));
  expect(await answer).toEqual({ verdict: "error", reason: "no time left" });
});

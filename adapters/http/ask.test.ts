import { expect, it } from "vitest";
import { fakeHost } from "../testing/fake-host.ts";
import { questionOf } from "../testing/question.ts";
import { http } from "./index.ts";

const never = new AbortController().signal;
const attributes = {
  "source.ip": "10.0.0.7",
  "request.headers": { a: "b" },
  "request.time": { seconds: 1, nanos: 5e6 },
  "request.size": 2n ** 60n,
};

/** Asks a web hook that answers like this. */
async function ask(answer: Response | Error, params: object = {}, instance?: Record<string, string>) {
  const asked: Request[] = [];
  const fetch: typeof globalThis.fetch = async (url, init) => {
    asked.push(new Request(url, init));
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const settings = http.config.parse({ url: "http://hook.test/", headers: { Authorization: "t" }, ask: params });
  const checker = await http.checks!.open(settings, fakeHost([], { fetch }));
  const given = await checker.check(questionOf({ attributes, ...(instance && { instance }) }), never);
  await checker.close();
  return { given, asked: asked[0]! };
}

it("posts the attributes that are there, and what the rule is about", async () => {
  const names = ["source.ip", "request.headers", "request.time", "request.size", "request.path"];
  const { asked } = await ask(new Response(), { attributes: names }, { value: "x" });
  expect([asked.method, asked.headers.get("content-type"), asked.headers.get("authorization")]).toEqual([
    "POST",
    "application/json",
    "t",
  ]);
  expect(await asked.json()).toEqual({
    attributes: {
      ...{ "source.ip": "10.0.0.7", "request.headers": { a: "b" } },
      ...{ "request.time": "1970-01-01T00:00:01.005Z", "request.size": String(2n ** 60n) },
    },
    instance: { value: "x" },
  });
  expect(await (await ask(new Response())).asked.json()).toEqual({
    attributes: { "source.ip": "10.0.0.7", "request.headers": { a: "b" } },
  });
});

it("passes on 2xx, with the headers that are to go on", async () => {
  const headers = { "X-User": "ada", "x-other": "no" };
  const { given } = await ask(new Response(null, { status: 204, headers }), {
    upstreamHeaders: ["X-User", "x-none"],
    validFor: "1s",
  });
  expect(given).toEqual({
    verdict: "pass",
    changes: { upstream: [{ action: "set", name: "x-user", value: "ada" }] },
    validForMs: 1000,
  });
});

it.each([
  [401, 16],
  [403, 7],
])("refuses on %i, with body and headers", async (status, code) => {
  const headers = new Headers([
    ["content-type", "text/html"],
    ["set-cookie", "a=1"],
    ["set-cookie", "b=2"],
    ["server", "x"],
  ]);
  const { given } = await ask(new Response("<p>no", { status, headers }));
  expect(given).toMatchObject({
    ...{ verdict: "deny", denial: { status, code, body: "<p>no" }, validForMs: 0 },
    changes: {
      client: [
        { action: "set", name: "content-type", value: "text/html" },
        { action: "set", name: "set-cookie", value: "a=1" },
        { action: "add", name: "set-cookie", value: "b=2" },
      ],
    },
  });
});

it.each([
  [new Response(null, { status: 302, headers: { location: "/" } }), "the web hook answered 302"],
  [new Response("", { status: 404 }), "the web hook answered 404"],
  [new Response("", { status: 500 }), "the web hook answered 500"],
  [new Response("a".repeat(65_537), { status: 403 }), "more than the 65536 bytes"],
  [new TypeError("fetch failed"), "fetch failed"],
])("anything else is an error: %s", async (answer, reason) => {
  expect((await ask(answer)).given).toEqual({ verdict: "error", reason: expect.stringContaining(reason) });
});

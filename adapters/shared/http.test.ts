import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { startServer } from "../../test/support/http-server.ts";
import { faultOf, type Post, post, retryAfterMs } from "./http.ts";

/** What the next request is answered with; `null` as a status cuts the connection. */
let next: { status: number | null; headers?: Record<string, string>; body?: string } = { status: 200 };

const server = await startServer((_, response, socket) => {
  if (next.status === null) return void socket.destroy();
  response.writeHead(next.status, next.headers).end(next.body);
});

async function posted(answer: typeof next, request: Partial<Post> = {}) {
  next = answer;
  const signal = new AbortController().signal;
  const delivery = await post(fetch, { url: server.url, headers: { "x-a": "b" }, body: "[1]", signal, ...request });
  return { delivery, request: server.received.at(-1) };
}

describe("a batch", () => {
  it("is posted as it is", async () => {
    const { delivery, request } = await posted(
      { status: 202, body: '{"requestId":"1"}' },
      { url: `${server.url}/x?y=z` },
    );
    expect(delivery).toEqual({ status: "delivered" });
    expect(request).toMatchObject({ method: "POST", path: "/x?y=z", body: Buffer.from("[1]") });
    expect(request!.headers).toMatchObject({ "x-a": "b", "content-length": "3" });
    expect(request!.headers).not.toHaveProperty("content-encoding");
    expect(request!.headers["user-agent"]).toBe("mixdown");
    const own = await posted({ status: 200 }, { headers: { "user-agent": "theirs" } });
    expect(own.request!.headers["user-agent"]).toBe("theirs");
  });

  it.each(["text \u00e4", Buffer.from([0, 255, 10])])("is packed with gzip", async (body) => {
    const { request } = await posted({ status: 200 }, { body, compression: "gzip" });
    expect(request!.headers["content-encoding"]).toBe("gzip");
    expect(gunzipSync(request!.body)).toEqual(Buffer.from(body));
  });

  it("above the limit as sent is too large without asking", async () => {
    const before = server.received.length;
    const { delivery } = await posted({ status: 200 }, { body: "\u00e4\u00e4", maxBytes: 3 });
    expect(delivery).toEqual({ status: "too_large", reason: "4 bytes are more than the 3 of a request" });
    expect(server.received.length).toBe(before);
    const body = "a".repeat(10_000);
    const packed = await posted({ status: 200 }, { body, maxBytes: 1000, compression: "gzip" });
    expect(packed.delivery).toEqual({ status: "delivered" });
  });

  it("keeps to a connection", async () => {
    const before = server.connections();
    for (let i = 0; i < 10; i++) await posted({ status: 202, body: '{"requestId":"1"}' });
    expect(server.connections() - before).toBeLessThan(5);
  });
});

describe("an answer", () => {
  it.each([
    [200, "delivered"],
    [204, "delivered"],
    [301, "rejected"],
    [302, "rejected"],
    [400, "rejected"],
    [401, "rejected"],
    [404, "rejected"],
    [408, "retry"],
    [410, "rejected"],
    [413, "too_large"],
    [415, "rejected"],
    [422, "rejected"],
    [425, "retry"],
    [429, "retry"],
    [500, "retry"],
    [501, "rejected"],
    [502, "retry"],
    [503, "retry"],
    [504, "retry"],
    [505, "rejected"],
    [599, "retry"],
  ])("of %i means %s", async (status, meaning) => {
    const { delivery } = await posted({ status, headers: { location: "/elsewhere" } });
    expect(delivery.status).toBe(meaning);
  });

  it("may mean otherwise for a backend", async () => {
    const meanings = { 400: "retry", 404: "delivered" } as const;
    expect((await posted({ status: 400 }, { meanings })).delivery.status).toBe("retry");
    expect((await posted({ status: 404 }, { meanings })).delivery).toEqual({ status: "delivered" });
  });

  it("is quoted in one line, in part", async () => {
    const { delivery } = await posted({ status: 400, body: ` no\n such\tfield ${"x".repeat(1_000_000)}` });
    expect(delivery).toMatchObject({
      reason: expect.stringMatching(/^the backend answered 400: no such field x{200,300}$/),
    });
    expect((await posted({ status: 500 })).delivery).toEqual({ status: "retry", reason: "the backend answered 500" });
  });

  it.each([
    [400, "rejected"],
    [200, "delivered"],
  ])("of %i that never ends is let go", async (status, meaning) => {
    const closed = Promise.withResolvers<void>();
    const endless = await startServer((_, response, socket) => {
      socket.on("close", closed.resolve);
      response.writeHead(status).write("x".repeat(1000));
    });
    const { delivery } = await posted({ status }, { url: endless.url });
    expect(delivery.status).toBe(meaning);
    await closed.promise;
  });

  it("may ask to be left alone", async () => {
    const headers = { "retry-after": "7" };
    expect((await posted({ status: 429, headers })).delivery).toMatchObject({ status: "retry", afterMs: 7000 });
    expect((await posted({ status: 400, headers })).delivery).not.toHaveProperty("afterMs");
    expect((await posted({ status: 503, headers: { "retry-after": "soon" } })).delivery).not.toHaveProperty("afterMs");
  });
});

describe("no answer", () => {
  it("is worth another attempt", async () => {
    expect((await posted({ status: null })).delivery).toEqual({
      status: "retry",
      reason: expect.stringMatching(/^fetch failed: \S.* \([A-Z_]+\)$/),
    });
    const gone = await startServer(() => {});
    await gone.close();
    const { delivery } = await posted({ status: 200 }, { url: gone.url });
    expect(delivery).toMatchObject({ status: "retry", reason: expect.stringContaining("(ECONNREFUSED)") });
  });

  it("by the end of the attempt is a retry", async () => {
    const silent = await startServer(() => abort.abort(new Error("too late")));
    const abort = new AbortController();
    const { delivery } = await posted({ status: 200 }, { url: silent.url, signal: abort.signal });
    expect(delivery).toEqual({ status: "retry", reason: "too late" });
  });
});

describe("Retry-After", () => {
  const nowMs = Date.parse("2026-01-01T00:00:00Z");
  it.each([
    [null, undefined],
    ["0", 0],
    [" 120 ", 120_000],
    ["999999999", 999_999_999_000],
    ["9999999999", undefined],
    ["-1", undefined],
    ["1.5", undefined],
    ["Thu, 01 Jan 2026 00:00:07 GMT", 7000],
    ["Wed, 31 Dec 2025 00:00:00 GMT", 0],
    ["Wed, 31-Dec-25 GMT+nonsense GMT", undefined],
    ["", undefined],
    ["soon", undefined],
  ])("%j is %s ms", (header, expected) => {
    expect(retryAfterMs(header, nowMs)).toBe(expected);
  });
});

describe("faultOf", () => {
  it.each([
    ["text", "text"],
    [new Error("plain"), "plain"],
    [new Error("outer", { cause: new Error("inner") }), "outer: inner"],
    [new Error("outer", { cause: Object.assign(new Error(""), { code: "EPIPE" }) }), "outer: Error (EPIPE)"],
  ])("%s", (error, expected) => {
    expect(faultOf(error)).toBe(expected);
  });
});

import { readFileSync } from "node:fs";
import { request } from "node:http";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fencesOf, root } from "../support/documents.ts";
import { openRunningHub, type RunningHub } from "../support/running-hub.ts";

const http = { address: "127.0.0.1:0", limits: { maxMessageBytes: 8_000_000 } };

let hub: RunningHub;

beforeAll(async () => {
  hub = await openRunningHub({ http, tight: { ...http, serves: ["http"], limits: { maxBufferedBytes: 1000 } } });
});

afterAll(() => hub.close());

interface Posted {
  readonly status: number;
  readonly answer: {
    accepted?: number;
    rejected?: unknown[];
    error?: { code: string; message: string; details: unknown[] };
  };
  readonly headers: Headers;
}

async function post(
  body: string | Uint8Array,
  headers: Record<string, string> = {},
  listener = "http",
): Promise<Posted> {
  const response = await fetch(`http://${hub.listeners[listener]}/v1/report`, {
    method: "POST",
    body: typeof body === "string" ? body : new Uint8Array(body),
    headers: { "content-type": "application/json", ...headers },
  });
  return { status: response.status, answer: (await response.json()) as Posted["answer"], headers: response.headers };
}

const gzip = { "content-encoding": "gzip" };
const lines = { "content-type": "application/x-ndjson" };
const requests = (labels = {}) => hub.total("istio_requests_total", labels);

describe("records", () => {
  test("are taken or rejected one by one, and all of them counted", async () => {
    const before = await requests();
    const records = [
      { "request.method": "GET", "response.code": 200, "response.duration": "12.345ms", "context.weight": 4 },
      { "request.metod": "GET" },
      { "response.code": 503, "tenant.id": "7" },
      { "response.code": "abc" },
      7,
      { "context.event": "start" },
    ];
    const { status, answer } = await post(JSON.stringify({ attributes: records }));
    expect([status, answer]).toEqual([
      200,
      {
        accepted: 3,
        rejected: [
          { index: 1, error: 'unknown attribute "request.metod". Did you mean "request.method"?' },
          { index: 3, error: expect.stringMatching(/^response.code: expected a whole number.*got the text "abc"$/) },
          { index: 4, error: "expected an object of attributes, got 7" },
        ],
      },
    ]);
    expect(await requests()).toBe(before + 5);
    expect(await requests({ response_code: "200" })).toBe(4);
    const records_ = (outcome: string) => hub.total("mixdown_records_total", { source: "report", outcome });
    expect(await Promise.all(["matched", "unmatched", "malformed"].map(records_))).toEqual([2, 1, 3]);
    expect(await hub.total("mixdown_decode_errors_total", { reason: "record_unknown_attribute" })).toBe(1);
  });

  test.each([
    ["a list", '[{"response.code":201},{"response.code":201}]', {}],
    ["lines", '{"response.code":201}\n{"response.code":201}\n', lines],
    ["lines that no header tells of", '{"response.code":201}\n{"response.code":201}', {}],
    ["gzip", gzipSync('[{"response.code":201},{"response.code":201}]'), gzip],
    [
      "gzip in two members",
      Buffer.concat([gzipSync('[{"response.code":201},'), gzipSync('{"response.code":201}]')]),
      gzip,
    ],
    [
      "a charset",
      '[{"response.code":201},{"response.code":201}]',
      { "content-type": 'application/json; charset="UTF-8"' },
    ],
  ])("may come as %s", async (_, body, headers) => {
    const before = await requests({ response_code: "201" });
    expect(await post(body, headers)).toMatchObject({ status: 200, answer: { accepted: 2, rejected: [] } });
    expect(await requests({ response_code: "201" })).toBe(before + 2);
  });

  test("of lines that are no JSON are rejected alone, in order", async () => {
    const { answer } = await post('{"response.code":202}\nx\n{"unknown":1}\n{"response.code":202}\n[1\n', lines);
    expect(answer).toEqual({
      accepted: 2,
      rejected: [
        { index: 1, error: 'expected a value, got "x" at line 2 column 1' },
        { index: 2, error: 'unknown attribute "unknown"' },
        { index: 4, error: "expected a comma or ], got the end at line 5 column 3" },
      ],
    });
  });

  test("of a large report leave others their turn", async () => {
    const body = JSON.stringify({
      attributes: Array.from({ length: 50_000 }, (_, n) => ({ "request.id": `${n}`, "response.code": 203 })),
    });
    let turns = 0;
    let done = false;
    const count = () => {
      turns++;
      if (!done) setImmediate(count);
    };
    const posted = post(body);
    count();
    expect((await posted).answer).toEqual({ accepted: 50_000, rejected: [] });
    done = true;
    expect(turns).toBeGreaterThan(50);
    expect(await requests({ response_code: "203" })).toBe(50_000);
  });
});

test("the documented report gets the documented answers", async () => {
  const fences = fencesOf("docs/json.md", readFileSync(`${root}docs/json.md`, "utf8"));
  const of = (language: string) => fences.filter((fence) => fence.language === language).map(({ text }) => text);
  const [, body = ""] = /-d '([^']*)'/.exec(of("sh")[0] ?? "") ?? [];
  const [answer = "", refusal = ""] = of("json");
  expect((await post(body)).answer).toEqual(JSON.parse(answer));
  expect((await post('{"attributes":[{]}')).answer).toEqual(JSON.parse(refusal));
});

describe("a report is refused whole", () => {
  test.each<[string, string | Uint8Array, Record<string, string>, number, string, unknown[]]>([
    ["no JSON", '{"attributes":[{]}', {}, 400, "MALFORMED_JSON", [{ line: 1, column: 17, offset: 16 }]],
    ["not a report", '{"attributes":1}', {}, 400, "NOT_A_REPORT", [{ line: 1, column: 15, offset: 14 }]],
    ["nothing", "", {}, 400, "NOT_A_REPORT", [{ line: 1, column: 1, offset: 0 }]],
    ["no gzip", "[{}]", gzip, 400, "MALFORMED_GZIP", []],
    ["cut-off gzip", gzipSync("[{}]").subarray(0, 20), gzip, 400, "MALFORMED_GZIP", []],
    ["too large", " ".repeat(8_000_001), {}, 413, "BODY_TOO_LARGE", []],
    ["too large inflated", gzipSync(Buffer.alloc(50_000_000)), gzip, 413, "BODY_TOO_LARGE", []],
    ["too many records", JSON.stringify(Array(100_001).fill({})), {}, 413, "TOO_MANY_RECORDS", [expect.anything()]],
    [
      "another type",
      "[{}]",
      { "content-type": "application/x-www-form-urlencoded" },
      415,
      "UNSUPPORTED_MEDIA_TYPE",
      [],
    ],
    [
      "another charset",
      "[{}]",
      { "content-type": "application/json; charset=utf-16" },
      415,
      "UNSUPPORTED_MEDIA_TYPE",
      [],
    ],
    ["another encoding", "[{}]", { "content-encoding": "br" }, 415, "UNSUPPORTED_ENCODING", []],
  ])("%s", async (_, body, headers, status, code, details) => {
    const before = await requests();
    const posted = await post(body, headers);
    expect(posted).toMatchObject({ status, answer: { error: { code, message: expect.stringMatching(/./), details } } });
    expect(await requests()).toBe(before);
    expect(await hub.total("mixdown_decode_errors_total", { reason: `message_${code.toLowerCase()}` })).toBeGreaterThan(
      0,
    );
  });

  test("when the listener holds too much already", async () => {
    expect(await post(`[${" ".repeat(2000)}]`, {}, "tight")).toMatchObject({
      status: 503,
      answer: { error: { code: "BUSY" } },
    });
    expect(await post("[{}]", {}, "tight")).toMatchObject({ status: 200 });
  });

  test.each(["GET", "PUT", "DELETE", "OPTIONS"])("%s", async (method) => {
    const response = await fetch(`http://${hub.listeners.http}/v1/report`, { method });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
    expect(await response.json()).toMatchObject({ error: { code: "METHOD_NOT_ALLOWED" } });
  });
});

/** Sends a piece again and again, without a length, until there is an answer. */
function pour(piece: Uint8Array | string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const [host, port] = (hub.listeners.http ?? "").split(":");
    const options = {
      host,
      port,
      path: "/v1/report",
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
    };
    let answered = false;
    const sent = request(options, (response) => {
      answered = true;
      response.resume();
      resolve(response.statusCode);
    });
    sent.on("error", (error) => answered || reject(error));
    const write = () => {
      if (!answered && !sent.destroyed) sent.write(piece, () => setImmediate(write));
    };
    write();
  });
}

test("a body without a length is bounded as it comes", async () => {
  expect(await pour(" ".repeat(100_000), {})).toBe(413);
});

test("so is gzip without end that inflates to nothing", async () => {
  expect(await pour(Buffer.concat(Array(5000).fill(gzipSync(""))), gzip)).toBe(413);
});

test("senders that go away in the middle leave nothing behind", async () => {
  const before = await requests();
  const [host, port] = (hub.listeners.tight ?? "").split(":");
  for (let round = 0; round < 5; round++) {
    await new Promise<void>((resolve) => {
      const headers = { "content-type": "application/json", "content-length": "5000" };
      const sent = request({ host, port, path: "/v1/report", method: "POST", headers });
      sent.on("error", () => resolve());
      sent.write(`[{"response.code":204},${" ".repeat(500)}`, () => setTimeout(() => sent.destroy(), 20));
    });
  }
  // The listener has memory for one and a half of those.
  expect(await post(`[{"response.code":204}${" ".repeat(700)}]`, {}, "tight")).toMatchObject({ status: 200 });
  expect(await requests()).toBe(before + 1);
  expect(await hub.total("mixdown_decode_errors_total", { reason: "message_aborted" })).toBe(5);
});

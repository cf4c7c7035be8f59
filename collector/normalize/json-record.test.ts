import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normalizingReport } from "../../test/support/normalized-json.ts";

const refusal = (value: unknown, declared = {}) => normalizingReport(declared)(value).error;
const attributes = (value: unknown) => normalizingReport()(value).attributes;

describe("values by type", () => {
  it.each([
    ["request.method", "GET", "GET"],
    ["request.method", "", ""],
    ["request.method", "\ud800x", "\ufffdx"],
    ["response.code", 200, 200],
    ["response.code", "200", 200],
    ["response.code", 0, 0],
    ["request.size", -0, 0],
    ["request.size", "9007199254740993", 9007199254740993n],
    ["request.size", "-9223372036854775808", -(2n ** 63n)],
    ["context.weight", 2.5, 2.5],
    ["connection.mtls", false, false],
    ["request.time", "2026-01-31T12:00:00.5+01:00", { seconds: 1769857200, nanos: 500_000_000 }],
    ["response.duration", "12.345ms", 12_345_000],
    ["response.duration", "1.5s", 1_500_000_000],
    ["response.duration", "1h2m", 3_720_000_000_000],
    ["source.ip", "::ffff:10.0.0.1", "10.0.0.1"],
    ["source.labels", { App: "web", gone: null }, new Map([["App", "web"]])],
    ["request.headers", { "X-Id": "7" }, new Map([["x-id", "7"]])],
  ])("%s: %j", (name, given, value) => {
    expect(attributes({ [name]: given })[name]).toStrictEqual(value);
  });

  it.each([
    ["request.method", 1, "request.method: expected text, got 1"],
    [
      "request.method",
      "x".repeat(65_537),
      expect.stringContaining("request.method: expected text of at most 65536 characters"),
    ],
    ["response.code", 200.5, "response.code: expected a whole number of 64 bits, as text beyond 2^53, got 200.5"],
    [
      "response.code",
      "2xx",
      'response.code: expected a whole number of 64 bits, as text beyond 2^53, got the text "2xx"',
    ],
    [
      "request.size",
      2 ** 53,
      "request.size: expected a whole number of 64 bits, as text beyond 2^53, got 9007199254740992",
    ],
    [
      "request.size",
      "9223372036854775808",
      expect.stringContaining("request.size: expected a whole number of 64 bits"),
    ],
    ["context.weight", "2", 'context.weight: expected a number above 0 and up to 1000000000, got the text "2"'],
    ["context.weight", 0, "context.weight: expected a number above 0 and up to 1000000000, got 0"],
    ["context.weight", 1e300, expect.stringContaining("context.weight: expected")],
    ["connection.mtls", "true", 'connection.mtls: expected true or false, got the text "true"'],
    [
      "request.time",
      1769857200,
      expect.stringMatching(/^request.time: expected a time as RFC 3339 .*, got 1769857200$/),
    ],
    ["request.time", "2026-02-30T00:00:00Z", expect.stringContaining("request.time: expected a time")],
    ["response.duration", 12, 'response.duration: expected a duration such as "12.345ms" or "1.5s", got 12'],
    ["response.duration", "12", expect.stringContaining("response.duration: expected a duration")],
    ["source.ip", "10.0.0.256", 'source.ip: expected an IP address as text, got the text "10.0.0.256"'],
    ["source.labels", { a: 1 }, "source.labels: expected an object of texts, got an object"],
    ["source.labels", ["a"], "source.labels: expected an object of texts, got a list"],
  ])("%s: %j is refused", (name, given, error) => {
    expect(refusal({ "request.id": "good", [name]: given })).toEqual(error);
  });

  it("null is absent, of any type", () => {
    expect(attributes({ "request.method": null, "response.code": null })).toEqual({ "context.signal": "report" });
  });

  it("attributes that nothing reads are checked, and not kept", () => {
    const options = { only: ["response.code"] };
    expect(normalizingReport(options)({ "response.code": 200, "request.size": 1 }).attributes).toEqual({
      "response.code": 200,
    });
    expect(refusal({ "request.size": "x" }, options)).toContain("request.size");
  });

  it("attributes that the configuration declares are attributes", () => {
    const declared = [{ name: "tenant.id", type: "INT64", meaning: "" }] as const;
    expect(normalizingReport({ declared })({ "tenant.id": "7" }).attributes["tenant.id"]).toBe(7);
    expect(refusal({ "tenant.id": "7" })).toBe('unknown attribute "tenant.id"');
  });
});

describe("what is no record of ours", () => {
  it.each([
    [null, "null"],
    [1, "1"],
    ["x", 'the text "x"'],
    [[{}], "a list"],
  ])("%j", (value, got) => {
    expect(refusal(value)).toBe(`expected an object of attributes, got ${got}`);
  });

  it("unknown names come with the nearest one, up to some in a report", () => {
    const normalize = normalizingReport();
    expect(normalize({ "response.cod": 1 }).error).toBe(
      'unknown attribute "response.cod". Did you mean "response.code"?',
    );
    expect(normalize({ nonsense: 1 }).error).toBe('unknown attribute "nonsense"');
    for (let n = 0; n < 100; n++) normalize({ [`wrong.name.${n}`]: 1 });
    expect(normalize({ "response.cod": 1 }).error).toBe('unknown attribute "response.cod"');
  });

  it("long names and texts are not repeated whole", () => {
    expect(refusal({ ["x".repeat(1000)]: 1 })?.length).toBeLessThan(100);
    expect(refusal({ "response.code": "x".repeat(1000) })?.length).toBeLessThan(200);
  });

  it("names that objects have by nature are none", () => {
    for (const name of ["__proto__", "constructor", "toString"])
      expect(refusal(JSON.parse(`{"${name}":1}`))).toBe(`unknown attribute "${name}"`);
  });
});

describe("what follows", () => {
  const request = {
    "request.path": "/users/123?a=1&b=%20",
    "request.time": "2026-01-31T12:00:00Z",
    "response.duration": "1.5s",
  };

  it("from path, time and duration", () => {
    expect(attributes(request)).toMatchObject({
      "context.signal": "report",
      "request.url_path": "/users/123",
      "request.query_params": new Map([
        ["a", "1"],
        ["b", " "],
      ]),
      "route.template": "/users/{id}",
      "response.time": { seconds: 1769860801, nanos: 500_000_000 },
      "context.time": { seconds: 1769860800, nanos: 0 },
    });
    expect(
      attributes({ "response.time": "2026-01-31T12:00:01.5Z", "response.duration": "1.5s" })["request.time"],
    ).toEqual({
      seconds: 1769860800,
      nanos: 0,
    });
  });

  it("not where it was sent, and nothing from nothing", () => {
    expect(attributes({ ...request, "route.template": "/u" })["route.template"]).toBe("/u");
    expect(attributes({ ...request, "response.time": "2026-01-31T12:00:09Z" })["response.time"]).toEqual({
      seconds: 1769860809,
      nanos: 0,
    });
    expect(attributes({})).toEqual({ "context.signal": "report" });
  });

  it("of attributes that nothing else reads, too", () => {
    const only = ["route.template", "response.time"];
    expect(normalizingReport({ only })(request).attributes).toEqual({
      "route.template": "/users/{id}",
      "response.time": { seconds: 1769860801, nanos: 500_000_000 },
    });
  });

  it("the signal is always a report", () => {
    expect(attributes({ "context.signal": "accesslog" })["context.signal"]).toBe("report");
  });

  it.each([
    [{}, true],
    [{ "context.event": "end" }, true],
    [{ "context.event": "start" }, false],
    [{ "context.event": "periodic" }, false],
    [{ "context.event": "upstream" }, false],
    [{ "context.event": "periodic", "context.protocol": "tcp" }, true],
  ])("%j is final: %s", (value, final) => {
    for (const only of [undefined, ["response.code"]]) expect(normalizingReport({ only })(value).final).toBe(final);
  });
});

it("whatever comes is taken or refused, never thrown at", () => {
  const names = fc.constantFrom(
    "request.method",
    "response.code",
    "request.path",
    "request.time",
    "response.duration",
    "source.ip",
    "request.headers",
    "context.weight",
    "connection.mtls",
    "unknown.name",
  );
  const normalize = normalizingReport();
  fc.assert(
    fc.property(fc.oneof(fc.dictionary(names, fc.jsonValue({ maxDepth: 2 })), fc.jsonValue()), (value) => {
      const { error, attributes } = normalize(value);
      expect(error === undefined || Object.keys(attributes).length >= 0).toBe(true);
    }),
    { numRuns: 3000 },
  );
});

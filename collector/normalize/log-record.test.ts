import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createVocabulary } from "../../schemas/attributes/vocabulary.ts";
import type { LogField } from "../../schemas/model/raw-record.ts";
import { root } from "../../test/support/documents.ts";
import { normalizingLog } from "../../test/support/normalized-json.ts";
import { defaultLogFields } from "./log-fields.ts";

const nginx = {
  id: "00bf8d50866bd4c81061243053bcf71f",
  method: "GET",
  scheme: "https",
  host: "Shop.Example:8443",
  path: "/users/7?x=1",
  http_version: "HTTP/2.0",
  user_agent: "curl",
  referer: "",
  request_bytes: "",
  request_total_bytes: "82",
  end: "1795425768.015",
  duration: "0.250",
  status: "200",
  response_bytes: "3",
  grpc_status: "",
  upstream: "app",
  upstream_addr: "127.0.0.1:18999, unix:/run/app.sock : [::1]:80",
  upstream_duration: "0.001, - : 0.003",
  upstream_first_byte: "-, -",
  client: "10.0.0.9",
  tls_version: "TLSv1.3",
};

describe("a line of nginx", () => {
  const { attributes, leftOut, final } = normalizingLog()(nginx, { host: "edge-1", app: "nginx" });

  it("gives what it says", () => {
    expect(leftOut).toEqual([]);
    expect(attributes).toMatchObject({
      "request.id": nginx.id,
      "request.method": "GET",
      "request.host": "Shop.Example:8443",
      "request.http_version": "2",
      "request.total_size": 82,
      "response.time": { seconds: 1795425768, nanos: 15_000_000 },
      "response.duration": 250_000_000,
      "response.code": 200,
      "response.size": 3,
      "upstream.address": "::1",
      "upstream.duration": 3_000_000,
      "source.ip": "10.0.0.9",
      "connection.tls.version": "1.3",
    });
  });

  it("and what follows", () => {
    expect(final).toBe(true);
    expect(attributes).toMatchObject({
      "context.signal": "accesslog",
      "context.event": "end",
      "context.protocol": "http",
      "context.reporter.kind": "outbound",
      "context.reporter.local": false,
      "context.reporter.uid": "edge-1",
      "context.log_name": "nginx",
      "source.workload.name": "nginx",
      "destination.service.host": "shop.example",
      "destination.service.name": "app",
      "request.time": { seconds: 1795425767, nanos: 765_000_000 },
      "context.time": { seconds: 1795425767, nanos: 765_000_000 },
      "request.url_path": "/users/7",
      "route.template": "/users/{id}",
    });
  });

  it("and nothing of what it leaves empty", () => {
    for (const name of [
      "request.referer",
      "request.size",
      "response.grpc_status",
      "upstream.first_byte.duration",
      "destination.workload.name",
    ])
      expect(attributes).not.toHaveProperty([name]);
  });
});

it("a line of HAProxy's TCP proxy is a connection that was opened and closed", () => {
  const line = {
    protocol: "tcp",
    event: "close",
    end_ms: "1795425768079",
    connection_duration_ms: "12",
    received_bytes: "10",
    sent_bytes: "20",
    upstream: "db",
    upstream_addr: "-",
    termination: "--",
  };
  expect(normalizingLog()(line, { host: undefined, app: "haproxy" }).attributes).toEqual({
    "context.signal": "accesslog",
    "context.event": "end",
    "context.protocol": "tcp",
    "context.reporter.kind": "outbound",
    "context.reporter.local": false,
    "context.log_name": "haproxy",
    "source.workload.name": "haproxy",
    "destination.service.name": "db",
    "upstream.cluster": "db",
    "connection.event": "close",
    "connection.opened": true,
    "connection.duration": 12_000_000,
    "connection.received.bytes": 10,
    "connection.sent.bytes": 20,
    "response.time": { seconds: 1795425768, nanos: 79_000_000 },
  });
});

it("an inbound proxy is the destination", () => {
  const { attributes } = normalizingLog({ reporter: "inbound" })({ status: 200 }, { host: undefined, app: "web" });
  expect(attributes).toMatchObject({
    "context.reporter.kind": "inbound",
    "context.reporter.local": true,
    "destination.workload.name": "web",
  });
  expect(attributes).not.toHaveProperty(["source.workload.name"]);
});

it("a grpc-status makes a call of it", () => {
  expect(normalizingLog()({ grpc_status: "0" }).attributes).toMatchObject({
    "context.protocol": "grpc",
    "response.grpc_status": "0",
  });
});

describe("a field table", () => {
  const readOne = (field: string | LogField, line: unknown) => {
    const name = typeof field === "string" ? field : field.attribute;
    const { attributes, leftOut } = normalizingLog({ fields: { v: field } })(line);
    return leftOut.length > 0 ? leftOut : attributes[name];
  };

  it.each<[string | LogField, unknown, unknown]>([
    ["request.method", 7, "7"],
    ["request.method", true, "true"],
    ["request.method", "-", undefined],
    ["request.method", null, undefined],
    ["request.method", ["GET"], ["v: expected text, a number or a truth value for request.method"]],
    ["response.code", "000", undefined],
    ["response.code", -1, undefined],
    ["response.code", "2xx", ["v: expected a whole number of 64 bits for response.code"]],
    ["response.size", "0", 0],
    ["response.size", 1e20, ["v: expected a whole number of 64 bits for response.size"]],
    ["context.weight", "10", 10],
    ["context.weight", "0", [expect.stringContaining("expected a number above 0")]],
    ["connection.mtls", "on", true],
    ["connection.mtls", 0, false],
    ["connection.mtls", "yes", ["v: expected true or false for connection.mtls"]],
    ["response.duration", "1.5s", 1_500_000_000],
    ["response.duration", "0.5", [expect.stringContaining("v: expected a duration")]],
    [{ attribute: "response.duration", unit: "s" }, 0.123, 123_000_000],
    [{ attribute: "response.duration", unit: "s" }, 1e-7, 100],
    [{ attribute: "response.duration", unit: "ms" }, "+12.5", 12_500_000],
    [{ attribute: "response.duration", unit: "us" }, "7", 7000],
    [{ attribute: "response.duration", unit: "ns" }, "7.9", 7],
    [{ attribute: "response.duration", unit: "ms" }, "-1", undefined],
    [{ attribute: "response.duration", unit: "ms" }, "soon", [expect.stringContaining("v: expected a duration")]],
    ["request.time", "2026-01-31T12:00:00+00:00", { seconds: 1769860800, nanos: 0 }],
    [{ attribute: "request.time", unit: "s" }, 1732353166.123, { seconds: 1732353166, nanos: 123_000_000 }],
    [{ attribute: "request.time", unit: "us" }, "1732353166123456", { seconds: 1732353166, nanos: 123_456_000 }],
    [{ attribute: "request.time", unit: "s" }, "0.5", { seconds: 0, nanos: 500_000_000 }],
    [{ attribute: "request.time", unit: "s" }, "99999999999999", [expect.stringContaining("v: expected a time")]],
    ["source.ip", "10.0.0.1", "10.0.0.1"],
    ["source.ip", "10.0.0.1:80", "10.0.0.1"],
    ["source.ip", "[::ffff:10.0.0.1]:80", "10.0.0.1"],
    ["source.ip", "::1", "::1"],
    ["source.ip", "unix:/run/x", undefined],
    ["source.ip", "localhost:80", ["v: expected an IP address, with or without a port for source.ip"]],
    [{ attribute: "origin.ip", pick: "first" }, "10.0.0.1, 10.0.0.2", "10.0.0.1"],
    [{ attribute: "origin.ip", pick: "last" }, "10.0.0.1,10.0.0.2", "10.0.0.2"],
    [
      "request.headers",
      { "X-Id": [1, "b"], Host: "h", none: {} },
      new Map([
        ["x-id", "1,b"],
        ["host", "h"],
      ]),
    ],
    ["request.headers", "x", [expect.stringContaining("v: expected an object of texts")]],
    ["request.http_version", "HTTP/1.1", "1.1"],
    ["connection.tls.version", "TLSv1", "1.0"],
  ])("%j: %j", (field, value, expected) => {
    expect(readOne(field, { v: value })).toEqual(expected);
  });

  it("leads into members of members by dots, after a member of the whole name", () => {
    const fields = { "http.host": "request.host" };
    const normalize = normalizingLog({ fields });
    expect(normalize({ http: { host: "a" } }).attributes["request.host"]).toBe("a");
    expect(normalize({ http: { host: "a" }, "http.host": "b" }).attributes["request.host"]).toBe("b");
    for (const line of [{}, { http: "x" }, { http: null }, { http: [] }, { http: {} }])
      expect(normalize(line).attributes).not.toHaveProperty(["request.host"]);
    expect(
      normalizingLog({ fields: { "__proto__.x": "request.host", constructor: "request.id" } })({}).leftOut,
    ).toEqual([]);
  });

  it("takes the rest of a line whose values do not all fit", () => {
    const { attributes, leftOut, error } = normalizingLog()({ status: "?", duration: "?", method: "GET" });
    expect([error, leftOut.length, attributes["request.method"]]).toEqual([undefined, 2, "GET"]);
  });

  it("leaves out attributes that a later configuration no longer has", () => {
    expect(normalizingLog({ fields: { v: "tenant.id" } })({ v: 1 }).error).toBeUndefined();
  });

  it("is worked out only as far as something reads it", () => {
    expect(normalizingLog({}, { only: ["route.template"] })(nginx).attributes).toEqual({
      "route.template": "/users/{id}",
    });
  });
});

describe("the default table", () => {
  const page = readFileSync(`${root}docs/syslog.md`, "utf8");

  it.each(Object.entries(defaultLogFields))("%s names an attribute, and is in the documentation", (name, field) => {
    const { attribute, unit, pick } =
      typeof field === "string" ? { attribute: field, unit: undefined, pick: undefined } : field;
    const type = createVocabulary().typeOf(attribute);
    expect(type).toBeDefined();
    expect(unit !== undefined).toBe(type === "DURATION" || type === "TIMESTAMP");
    const how = [unit && `in ${unit}`, pick && `the ${pick} of several`].filter((part) => part !== undefined);
    expect(page).toContain(`| \`${name}\` | ${[`\`${attribute}\``, ...how].join(", ")} |\n`);
  });

  it("is all of it there", () => {
    const rows = page.slice(page.indexOf("| member | attribute |")).trim().split("\n").slice(2);
    expect(rows).toHaveLength(Object.keys(defaultLogFields).length);
  });
});

it("no line throws, whatever it holds", () => {
  const normalize = normalizingLog();
  const odd = fc.oneof(
    fc.jsonValue({ maxDepth: 1 }),
    fc.string({ unit: fc.constantFrom(..."0123456789.-+:,[] eTZ/") }),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...Object.keys(defaultLogFields)), odd), (line) => {
      expect(normalize(line).error).toBeUndefined();
    }),
    { numRuns: 3000 },
  );
});

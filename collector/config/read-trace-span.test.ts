import { describe, expect, it } from "vitest";
import type { Value } from "../../schemas/model/value.ts";
import { instanceOf, valueIn, withInstance } from "./instances.fixture.ts";

describe("a span", () => {
  const span = instanceOf("tracespan", withInstance("{ template: tracespan }"));

  it.each([
    [{ "request.method": "GET", "route.template": "/items/{id}", "request.url_path": "/items/7" }, "GET /items/{id}"],
    [{ "request.method": "GET" }, "GET"],
    [{ "context.protocol": "grpc", "request.method": "POST", "request.url_path": "/shop.Cart/Add" }, "shop.Cart/Add"],
    [{ "context.protocol": "tcp" }, "tcp"],
    [{}, "request"],
  ])("of %o is named %s", (record, name) => {
    expect(valueIn(span.name, record as Record<string, Value>)).toBe(name);
  });

  const client = { "context.reporter.kind": "outbound" };
  it.each([
    [{ "response.code": 404 }, "unset"],
    [{ "response.code": 404, ...client }, "error"],
    [{ "response.code": 503 }, "error"],
    [{ "response.code": 200, "response.grpc_status": "5" }, "unset"],
    [{ "response.code": 200, "response.grpc_status": "5", ...client }, "error"],
    [{ "response.code": 200, "response.grpc_status": "0", ...client }, "unset"],
    [{ "context.proxy_error_code": "UF" }, "error"],
  ])("of %o has the status %s", (record, status) => {
    expect(valueIn(span.status, record as Record<string, Value>)).toBe(status);
  });

  it("belongs to the side that reports it", () => {
    const sides = { "source.canonical.name": "shop", "destination.service.name": "cart" };
    expect([valueIn(span.kind, sides), valueIn(span.service, sides)]).toEqual(["server", "cart"]);
    expect([valueIn(span.kind, client), valueIn(span.service, { ...client, ...sides })]).toEqual(["client", "shop"]);
    expect(valueIn(span.service, client)).toBe("unknown");
  });

  it("ends with the response, else after its duration", () => {
    const start = { seconds: 10, nanos: 0 };
    const end = { seconds: 12, nanos: 5 };
    expect(valueIn(span.endTime, { "request.time": start, "response.time": end })).toEqual(end);
    expect(valueIn(span.endTime, { "context.time": start, "response.duration": 1_500_000_000 })).toEqual({
      seconds: 11,
      nanos: 500_000_000,
    });
    expect(valueIn(span.endTime, { "request.time": start })).toBe("absent");
  });

  it("says what kind of error there was, where there was one", () => {
    const errorType = span.attributes.find(({ name }) => name === "error.type")?.expression;
    expect(valueIn(errorType, { "response.code": 503 })).toBe("503");
    expect(valueIn(errorType, { "context.proxy_error_code": "UF" })).toBe("UF");
    expect(valueIn(errorType, { "response.code": 200 })).toBe("absent");
  });
});

import { describe, expect, it } from "vitest";
import type { Json } from "../../../schemas/model/access-log.ts";
import { normalizedCheck } from "../../../test/support/normalized-check.ts";
import { CheckJsonError, checkFromJson } from "./from-json.ts";

const listener = { reporter: "inbound", trustedHops: 0 } as const;

const request: Json = {
  attributes: {
    source: {
      address: { socketAddress: { address: "10.0.0.7", portValue: 4711 } },
      principal: "spiffe://td/ns/a/sa/b",
    },
    request: {
      time: "2026-01-31T12:00:00.250Z",
      http: {
        id: "7",
        method: "POST",
        path: "/orders?x=1",
        host: "shop",
        headers: { "x-tenant": "a" },
        rawBody: "AAE=",
      },
    },
    contextExtensions: { route: "orders" },
    metadataContext: { filterMetadata: { jwt: { sub: "amy" } } },
  },
};

describe("a CheckRequest as JSON", () => {
  it("is what the same request over gRPC is", () => {
    const check = checkFromJson(request, listener);
    expect(normalizedCheck(check)).toMatchObject({
      "source.ip": "10.0.0.7",
      "source.principal": "td/ns/a/sa/b",
      "request.url_path": "/orders",
      "request.headers": new Map([["x-tenant", "a"]]),
      "request.time": { seconds: 1_769_860_800, nanos: 250_000_000 },
    });
    const { time, ...rest } = (request as { attributes: { request: { time: Json } } }).attributes.request;
    expect(check.raw()).toMatchObject({
      attributes: { request: { ...rest, time: { seconds: 1_769_860_800, nanos: 250_000_000 } } },
    });
  });

  it("takes back what it gives: the input document of opa-envoy", () => {
    const raw = checkFromJson(request, listener).raw();
    const input = { ...(raw as object), parsed_path: ["orders"], version: { encoding: "protojson" } } as Json;
    expect(checkFromJson(input, listener).raw()).toEqual(raw);
  });

  it("takes the names of the .proto files, and typed metadata that nobody reads", () => {
    const snake = {
      request: { http: { path: "/", raw_body: "AAE=" } },
      metadata_context: { typed_filter_metadata: { a: {} } },
    };
    expect(checkFromJson({ attributes: snake }, listener).raw()).toEqual({
      attributes: { request: { http: { path: "/", rawBody: "AAE=" } }, metadataContext: {} },
    });
  });

  it.each([
    [[], "expected a CheckRequest"],
    [{ request: { http: {} } }, "expected a CheckRequest"],
    [{ attributes: {}, atributes: {} }, 'unknown member "atributes" beside "attributes"'],
    [{ attributes: { request: { htp: {} } } }, '"htp" is unknown'],
    [{ attributes: { request: { http: { path: 7 } } } }, "path"],
  ])("refuses %j", (value, message) => {
    expect(() => checkFromJson(value as Json, listener)).toThrow(CheckJsonError);
    expect(() => checkFromJson(value as Json, listener)).toThrow(message);
  });
});

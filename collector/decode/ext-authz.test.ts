import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AttributeContextSchema } from "../../schemas/gen/envoy/service/auth/v3/attribute_context_pb.js";
import { CheckRequestSchema } from "../../schemas/gen/envoy/service/auth/v3/external_auth_pb.js";
import { normalizedCheck } from "../../test/support/normalized-check.ts";
import { DecodeError } from "./decode-error.ts";
import { createCheckDecoder } from "./ext-authz.ts";

const decoder = createCheckDecoder();
const listener = { reporter: "inbound", trustedHops: 0 } as const;

type Context = MessageInitShape<typeof AttributeContextSchema>;

const encode = (attributes: Context) => toBinary(CheckRequestSchema, create(CheckRequestSchema, { attributes }));
const decode = (attributes: Context, settings = listener) => decoder.decode(encode(attributes), settings);
const http = (request: NonNullable<Context["request"]>["http"], settings = listener) =>
  normalizedCheck(decode({ request: { http: request } }, settings));

const peer = (address: string) =>
  ({
    address: {
      address: { case: "socketAddress", value: { address, portSpecifier: { case: "portValue", value: 80 } } },
    },
  }) as const;

describe("a CheckRequest", () => {
  it("finds one header as it would among all", () => {
    const name = fc.constantFrom("x-a", "x-b", "content-type", "");
    fc.assert(
      fc.property(fc.dictionary(name, fc.string({ unit: "binary" })), name, (headers, wanted) => {
        const check = decode({ request: { http: { headers } } });
        expect(check.header(wanted)).toBe(check.headers?.get(wanted));
        expect(new Map(check.headers)).toEqual(new Map(Object.entries(headers)));
      }),
    );
  });

  it("has the last of several headers of a name", () => {
    const entry = (value: string) => [0x1a, 6, 0x0a, 1, 0x61, 0x12, 1, value.charCodeAt(0)];
    const within = (field: number, bytes: readonly number[]) => [field * 8 + 2, bytes.length, ...bytes];
    const bytes = Uint8Array.from(within(1, within(4, within(2, [...entry("1"), ...entry("2")]))));
    const check = decoder.decode(bytes, listener);
    expect([check.header("a"), check.headers?.get("a"), check.headers?.size]).toEqual(["2", "2", 1]);
  });

  it("finds a header whose entry is written in another way", () => {
    const within = (field: number, bytes: readonly number[]) => [field * 8 + 2, bytes.length, ...bytes];
    const swapped = [0x1a, 6, 0x12, 1, 0x31, 0x0a, 1, 0x61];
    const withUnknown = [0x1a, 8, 0x0a, 1, 0x62, 0x18, 9, 0x12, 1, 0x32];
    const empty = [0x1a, 3, 0x0a, 1, 0x63];
    const bytes = Uint8Array.from(within(1, within(4, within(2, [...swapped, ...withUnknown, ...empty]))));
    const check = decoder.decode(bytes, listener);
    const names = ["a", "b", "c", "d"];
    expect(names.map((name) => check.header(name))).toEqual(["1", "2", "", undefined]);
    expect(names.map((name) => check.headers?.get(name))).toEqual(["1", "2", "", undefined]);
  });

  it("keeps headers that were asked for when its bytes are used for others", () => {
    const bytes = encode({ request: { http: { headers: { "x-a": "mine" } } } });
    const { headers } = decoder.decode(bytes, listener);
    bytes.fill(0);
    expect(new Map(headers)).toEqual(new Map([["x-a", "mine"]]));
  });

  it("gives claims of jwt_authn", () => {
    const payload = { iss: "https://idp", sub: "ada", aud: ["shop", "bank"], azp: "web", level: 3 };
    const check = decode({
      metadataContext: { filterMetadata: { "envoy.filters.http.jwt_authn": { key: payload }, other: { a: 1 } } },
    });
    expect(normalizedCheck(check)).toMatchObject({
      "request.auth.principal": "https://idp/ada",
      "request.auth.audiences": "shop,bank",
      "request.auth.presenter": "web",
      "request.auth.claims": new Map(Object.entries({ iss: "https://idp", sub: "ada", azp: "web" })),
    });
    expect(JSON.parse(normalizedCheck(check)["request.auth.raw_claims"] as string)).toEqual(payload);
    expect(check.raw()).toEqual({
      attributes: {
        metadataContext: { filterMetadata: { "envoy.filters.http.jwt_authn": { key: payload }, other: { a: 1 } } },
      },
    });
  });

  it("gives extensions, labels, principals and the path's parts", () => {
    const attributes = normalizedCheck(
      decode({
        source: { ...peer("::ffff:10.0.0.1"), principal: "spiffe://Cluster.Local/ns/a/sa/b", service: "web" },
        destination: { ...peer("2001:DB8::1"), principal: "spiffe://td/ns/c/sa/d", labels: { app: "api" } },
        contextExtensions: { tier: "gold" },
        tlsSession: { sni: "api.example" },
        request: { http: { path: "/a/b?x=1&y=%20", headers: { "content-type": "application/grpc+proto" } } },
      }),
    );
    expect(attributes).toMatchObject({
      ...{ "source.ip": "10.0.0.1", "source.principal": "cluster.local/ns/a/sa/b", "source.namespace": "a" },
      ...{ "source.serviceAccount": "b", "source.workload.name": "web", "connection.mtls": true },
      ...{ "destination.ip": "2001:db8::1", "destination.port": 80, "destination.principal": "td/ns/c/sa/d" },
      ...{ "destination.namespace": "c", "destination.labels": new Map([["app", "api"]]) },
      ...{ "context.extensions": new Map([["tier", "gold"]]), "connection.requested_server_name": "api.example" },
      ...{ "context.protocol": "grpc", "request.url_path": "/a/b" },
      "request.query_params": new Map([
        ["x", "1"],
        ["y", " "],
      ]),
    });
  });

  it("lets enrichment tell more of the caller", () => {
    const addresses = { "10.0.0.0/8": { "workload.name": "batch", labels: { app: "batch" } } };
    const principals = { "td/ns/a/sa/b": { "canonical.name": "b" } };
    const check = decode({ source: { ...peer("10.1.2.3"), principal: "spiffe://td/ns/a/sa/b" } });
    expect(normalizedCheck(check, { addresses, principals })).toMatchObject({
      "source.workload.name": "batch",
      "source.canonical.name": "b",
      "source.labels": new Map([["app", "batch"]]),
    });
  });

  it("replaces what is no UTF-8, and joins repeated headers of a header map", () => {
    const headers = [
      { key: "X-A", rawValue: Uint8Array.of(0x63, 0xff) },
      { key: "x-a", value: "two" },
      { key: "x-request-id", rawValue: Buffer.from("7") },
    ];
    expect(http({ id: "stream", headerMap: { headers } })).toMatchObject({
      "request.headers": new Map([
        ["x-a", "c\ufffd,two"],
        ["x-request-id", "7"],
      ]),
      "request.id": "7",
    });
    const bytes = encode({ request: { http: { path: "/caf_", host: "h" } } });
    bytes[Buffer.from(bytes).indexOf("_")] = 0xe9;
    expect(normalizedCheck(decoder.decode(bytes, listener))).toMatchObject({ "request.path": "/caf\ufffd" });
  });

  it.each([
    [0, "203.0.113.9, 10.0.0.2", "10.0.0.1"],
    [1, "203.0.113.9, 10.0.0.2", "203.0.113.9"],
    [1, "6.6.6.6, 203.0.113.9:4711, 10.0.0.2", "203.0.113.9"],
    [1, "6.6.6.6,[2001:db8::9]:80,10.0.0.2", "2001:db8::9"],
    [2, "203.0.113.9, 10.0.0.2", "10.0.0.1"],
    [1, "nobody, 10.0.0.2", "10.0.0.1"],
  ])("finds the client behind %d trusted hops in %s", (trustedHops, forwarded, wanted) => {
    const request = { http: { headers: { "x-forwarded-for": forwarded } } };
    const check = decoder.decode(encode({ source: peer("10.0.0.1"), request }), { reporter: "inbound", trustedHops });
    expect(normalizedCheck(check)["origin.ip"]).toBe(wanted);
  });

  it("says nothing of sizes of 0 and below, which proxies send that send no bodies", () => {
    expect([http({}), http({ size: -1n }), http({ size: 5n })].map((found) => found["request.size"])).toEqual([
      undefined,
      undefined,
      5,
    ]);
  });

  it("is refused when its framing is broken, wherever it is cut", () => {
    const whole = encode({ source: peer("10.0.0.1"), request: { http: { path: "/", headers: { a: "b" } } } });
    for (let cut = 1; cut < whole.length; cut++)
      expect(() => decoder.decode(whole.subarray(0, cut), listener)).toThrow(DecodeError);
  });

  it("never fails otherwise than by refusing, whatever the bytes", () => {
    const whole = encode({
      source: { ...peer("10.0.0.1"), labels: { a: "b" } },
      metadataContext: { filterMetadata: { "envoy.filters.http.jwt_authn": { key: { sub: "x" } } } },
      request: { time: { seconds: 1n }, http: { path: "/?a=b", headerMap: { headers: [{ key: "a", value: "b" }] } } },
    });
    const flips = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(flips, (changes) => {
        const bytes = Uint8Array.from(whole);
        for (const [at, byte] of changes) bytes[at] = byte;
        try {
          const check = decoder.decode(bytes, listener);
          normalizedCheck(check);
          check.raw();
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { CheckRequestSchema } from "../../schemas/gen/envoy/service/auth/v3/external_auth_pb.js";

const word = fc.constantFrom("public", "orders", "admin", "a b", "%41", "x+y", "ü", "", "7");
const path = fc
  .record({
    slashes: fc.constantFrom("/", "//"),
    segments: fc.array(word, { maxLength: 4 }),
    query: fc.option(
      fc.array(fc.tuple(fc.constantFrom("page", "q", "%70age"), fc.constantFrom("1", "1+2", "1%202", "", "ü")), {
        maxLength: 3,
      }),
      { nil: undefined },
    ),
  })
  .map(({ slashes, segments, query }) => {
    const escaped = segments.map((segment) => segment.replace(" ", "%20")).join("/");
    return `${slashes}${escaped}${query === undefined ? "" : `?${query.map((pair) => pair.join("=")).join("&")}`}`;
  });

const user = fc.record({ user: fc.record({ roles: fc.array(fc.constantFrom("admin", "guest", "Ä")) }) });
const id = fc.constantFrom('{"id":12345678901234567890}', '{"id":12345678901234567891}');
const body = fc.oneof(
  user.map((value) => JSON.stringify(value)),
  id,
  fc.constantFrom("", "[]", "null"),
);
const headers = fc.dictionary(
  fc.constantFrom("x-role", "x-user", "content-type", "x-envoy-auth-partial-body", "content-length"),
  fc.constantFrom("ops", "ada", "application/json", "Application/JSON; charset=utf-8", "true", "text/plain"),
);
/** A length that agrees with the body, or announces more. */
const lengths = fc.constantFrom<number | undefined>(undefined, undefined, 0, 100);

const socket = (address: string, port: number) => ({
  address: {
    case: "socketAddress" as const,
    value: { address, portSpecifier: { case: "portValue" as const, value: port } },
  },
});
const principals = ["", "spiffe://cluster.local/ns/shop/sa/web", "spiffe://other/ns/shop/sa/web"];

/** Requests as a proxy sends them, all well-formed: paths, queries, bodies, peers and headers of a few values, so that policies meet them. */
export const checkRequest: fc.Arbitrary<Uint8Array> = fc
  .record({
    principal: fc.constantFrom(...principals),
    port: fc.constantFrom(80, 8443),
    labels: fc.dictionary(fc.constantFrom("app", "version"), fc.constantFrom("open", "v2")),
    extensions: fc.dictionary(fc.constantFrom("zone", "tier"), fc.constantFrom("open", "gold")),
    method: fc.constantFrom("GET", "POST", "DELETE"),
    scheme: fc.constantFrom("http", "https"),
    sni: fc.option(fc.constantFrom("", "shop.example"), { nil: undefined }),
    isRaw: fc.boolean(),
    more: lengths,
    ...{ path, body, headers },
  })
  .map(({ principal, port, labels, extensions, method, scheme, sni, isRaw, more, path, body, headers }) => {
    const bytes = Buffer.from(body);
    const { "content-length": _, ...rest } = headers;
    const length: Record<string, string> = more === undefined ? {} : { "content-length": String(bytes.length + more) };
    const asked: MessageInitShape<typeof CheckRequestSchema> = {
      attributes: {
        source: { address: socket("10.0.0.7", 40_000), principal },
        destination: { address: socket("10.0.0.8", port), labels },
        contextExtensions: extensions,
        request: {
          time: { seconds: 1_800_000_000n, nanos: 5 },
          http: {
            ...{ id: "1", method, path, host: "shop.example", scheme, protocol: "HTTP/1.1" },
            headers: { ...rest, ...length },
            ...(isRaw ? { rawBody: bytes } : { body }),
            size: BigInt(bytes.length),
          },
        },
        ...(sni !== undefined && { tlsSession: { sni } }),
      },
    };
    return toBinary(CheckRequestSchema, create(CheckRequestSchema, asked));
  });

import { fromBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type CheckResponse, CheckResponseSchema } from "../../schemas/gen/envoy/service/auth/v3/external_auth_pb.js";
import { checkRequest } from "../support/arbitrary-checks.ts";
import { connectGrpc, type TestConnection } from "../support/grpc-client.ts";
import { recordingsIn } from "../support/otlp-recordings.ts";
import { openRunningHub, type RunningHub } from "../support/running-hub.ts";
import { describeWith, measured } from "./support/needs.ts";
import { type OpaServer, startOpa, startOpaExtAuthz } from "./support/opa-servers.ts";

/**
 * Both sides decide by this. opa-envoy adds members to the input, as the hub does; the server on OPA's SDK does not, and there they are
 * worked out by OPA's own functions.
 */
const rego = `package envoy.authz

http := input.attributes.request.http
raw_path := split(http.path, "?")[0]
content_type := object.get(http.headers, "content-type", "")
raw_body := object.get(http, "body", base64.decode(object.get(http, "rawBody", "")))

segments := input.parsed_path if input.version
segments := split(trim_left(urlquery.decode(replace(raw_path, "+", "%2B")), "/"), "/") if not input.version

query := input.parsed_query if input.version
query := urlquery.decode_object(substring(http.path, count(raw_path) + 1, -1)) if {
  not input.version
  contains(http.path, "?")
}

body := input.parsed_body if input.version
body := json.unmarshal(raw_body) if {
  not input.version
  contains(content_type, "application/json")
  not is_partial
}
is_partial if http.headers["x-envoy-auth-partial-body"] == "true"
is_partial if to_number(http.headers["content-length"]) > to_number(object.get(http, "size", 0))

principal := input.source_principal if input.version
principal := input.attributes.source.principal if not input.version

default allow := false
allow if segments[0] == "public"
allow if { segments[0] == "orders"; query.page[0] == "1 2" }
allow if { count(segments) > 1; segments[count(segments) - 1] == ""; http.method == "GET" }
allow if { segments == ["A", "x+y"] }
allow if body.user.roles[_] == "admin"
allow if { body.id == 12345678901234567890; http.method == "POST" }
allow if { startswith(principal, "spiffe://cluster.local/ns/shop/"); http.method == "GET" }
allow if { http.headers["x-role"] == "ops"; http.scheme == "https" }
allow if { input.attributes.destination.address.socketAddress.portValue == 8443; input.attributes.destination.labels.app == "open" }
allow if { input.attributes.contextExtensions.zone == "open"; input.attributes.tlsSession.sni == "shop.example" }
allow if { input.attributes.source.address.socketAddress.address == "127.0.0.1"; segments[0] != "deny"; http.method == "GET" }

answer := {"allowed": true, "headers": {"x-authz": "ok"}} if allow
answer := {"allowed": false, "http_status": 403, "body": "denied"} if not allow
`;

const method = "/envoy.service.auth.v3.Authorization/Check";

describeWith("opa", "opa-extauthz")("beside an ext_authz server on OPA's SDK with the same Rego", () => {
  let [servers, connections]: [OpaServer[], TestConnection[]] = [[], []];
  let hub: RunningHub;
  beforeAll(async () => {
    servers = await Promise.all([startOpa(rego), startOpaExtAuthz(rego)]);
    const [rest, sdk] = servers as [OpaServer, OpaServer];
    hub = await openRunningHub(
      { grpc: { address: "127.0.0.1:0" } },
      {
        handlers: { rego: { adapter: "opa", params: { url: `http://${rest.address}`, path: "envoy/authz/answer" } } },
        rules: [{ name: "rego", check: { handler: "rego", timeout: "5s" } }],
      },
    );
    connections = await Promise.all([connectGrpc(hub.listeners.grpc as string), connectGrpc(sdk.address)]);
  });
  afterAll(async () => {
    await Promise.all(connections.map((connection) => connection.close()));
    await hub?.close();
    await Promise.all(servers.map((server) => server.stop()));
  });

  /** What the hub and the server on the SDK say. */
  const askBoth = (bytes: Uint8Array) =>
    Promise.all(
      connections.map(async (connection) => {
        const { status, message, messages } = await connection.unary(method, bytes, { "grpc-timeout": "9S" });
        if (messages[0] === undefined) return `status ${status}: ${message}`;
        return toVerdict(fromBinary(CheckResponseSchema, messages[0]));
      }),
    );

  it("says the same of requests that a real Envoy asked about", async () => {
    const recordings = recordingsIn("ext-authz.jsonl").filter(({ bytes }) => bytes.length > 0);
    const seen = new Set<unknown>();
    for (const { note, bytes } of recordings) {
      const [ours, theirs] = await askBoth(bytes);
      // The hub tells callers that speak gRPC its code and its message in gRPC's own way, which the server beside it does not.
      if (note.includes("grpc request")) expect(ours, note).toMatchObject({ allowed: false, httpStatus: 403 });
      else expect(ours, note).toEqual(theirs);
      seen.add((ours as Verdict).allowed);
    }
    expect([...seen].sort()).toEqual([false, true]);
  });

  it("says the same of random requests", async () => {
    const counts = { true: 0, false: 0 };
    await fc.assert(
      fc.asyncProperty(checkRequest, async (bytes) => {
        const [ours, theirs] = await askBoth(bytes);
        expect(ours).toEqual(theirs);
        counts[`${(ours as Verdict).allowed}`]++;
      }),
      { numRuns: 1000 },
    );
    measured("beside OPA's SDK", `${counts.true} allowed and ${counts.false} refused alike`);
    expect(Math.min(counts.true, counts.false)).toBeGreaterThan(100);
  });
});

interface Verdict {
  readonly allowed: boolean;
  readonly httpStatus: number | undefined;
  readonly headers: readonly string[];
  readonly body: string;
}

function toVerdict({ status, httpResponse: { case: kind, value } }: CheckResponse): Verdict {
  return {
    allowed: (status?.code ?? 0) === 0,
    httpStatus: kind === "deniedResponse" ? value.status?.code : undefined,
    headers: (value?.headers ?? []).map(({ header }) => `${header?.key}: ${header?.value}`),
    body: kind === "deniedResponse" ? value.body : "",
  };
}

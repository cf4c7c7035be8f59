import { create, toBinary } from "@bufbuild/protobuf";
import { CheckRequestSchema } from "../../schemas/gen/envoy/service/auth/v3/external_auth_pb.js";

/** A request as Envoy sends it, some 800 bytes. */
export function aRequest(n: number): Uint8Array {
  const address = (ip: string, port: number) =>
    ({
      address: {
        address: { case: "socketAddress", value: { address: ip, portSpecifier: { case: "portValue", value: port } } },
      },
    }) as const;
  const path = `/orders/${n}?page=${n % 10}`;
  const headers = {
    ...{ ":authority": "shop.example", ":method": "GET", ":path": path, ":scheme": "http", accept: "*/*" },
    ...{ "user-agent": "Mozilla/5.0 (X11; Linux x86_64)", "x-forwarded-proto": "http", "accept-encoding": "gzip" },
    ...{ "x-forwarded-for": "192.0.2.2", "x-request-id": `f53f65d8-d0b3-48cb-ae4e-${String(n).padStart(12, "0")}` },
    ...{ "x-role": "user", cookie: "session=0123456789abcdef", "x-envoy-external-address": "192.0.2.2" },
  };
  return toBinary(
    CheckRequestSchema,
    create(CheckRequestSchema, {
      attributes: {
        source: { ...address("10.0.0.7", 40_000 + (n % 1000)), principal: "spiffe://cluster.local/ns/shop/sa/web" },
        destination: { ...address("10.0.0.8", 8080), labels: { app: "orders", version: "v2" } },
        request: {
          time: { seconds: 1_800_000_000n, nanos: n },
          http: {
            id: String(n),
            method: "GET",
            path,
            host: "shop.example",
            scheme: "http",
            protocol: "HTTP/1.1",
            headers,
          },
        },
      },
    }),
  );
}

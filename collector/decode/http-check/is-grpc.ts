import type { ProxiedCheck } from "../../../schemas/model/check-request.ts";

/** Whether the caller of the proxy speaks gRPC, and so expects a gRPC status. */
export function isGrpcRequest(check: ProxiedCheck): boolean {
  return /^application\/grpc/i.test(check.header("content-type") ?? "");
}

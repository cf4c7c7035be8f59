import type { AccessLogEntry } from "../../schemas/model/access-log.ts";

const grpcType = "application/grpc";

/** http, grpc or tcp: gRPC shows in a content-type or a grpc-status, if the logger was told to log them. */
export function protocolOf(entry: AccessLogEntry): string {
  if (entry.kind === "tcp") return "tcp";
  const { requestHeaders, responseHeaders, responseTrailers } = entry;
  return isGrpcType(requestHeaders?.get("content-type")) ||
    isGrpcType(responseHeaders?.get("content-type")) ||
    responseTrailers?.has("grpc-status") ||
    responseHeaders?.has("grpc-status")
    ? "grpc"
    : "http";
}

/** Whether a content-type is one of gRPC. */
export function isGrpcType(contentType: string | undefined): boolean {
  return contentType !== undefined && contentType.slice(0, grpcType.length).toLowerCase() === grpcType;
}

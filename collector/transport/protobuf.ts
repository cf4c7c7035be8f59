import { type DescMessage, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import { GrpcError, grpcStatus } from "./grpc.ts";

/** Reads a request; what cannot be read is the caller's fault and throws INVALID_ARGUMENT. */
export function readMessage<Schema extends DescMessage>(schema: Schema, bytes: Uint8Array): MessageShape<Schema> {
  try {
    return fromBinary(schema, bytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new GrpcError(grpcStatus.INVALID_ARGUMENT, `cannot read ${schema.typeName}: ${reason}`);
  }
}

import { OverloadError } from "../../../schemas/model/overload.ts";
import { encodeResponse, encodeStatus, type PartialSuccess } from "../../decode/otlp/answers.ts";
import { OtlpError } from "../../decode/otlp-spans.ts";
import { GrpcError, type GrpcMethod, grpcStatus } from "../../transport/grpc.ts";
import { unary } from "../../transport/grpc-method.ts";
import type { ReceiverEvents } from "../receiver.ts";

/** Takes the bytes of a request. */
export type TakeRequest = (bytes: Uint8Array) => PartialSuccess | Promise<PartialSuccess>;

/** A signal's Export method. */
export function exportOver(take: TakeRequest, source: string, events: ReceiverEvents): GrpcMethod {
  return unary((bytes) => {
    events.message(source, bytes.length);
    try {
      const outcome = take(bytes);
      if (!(outcome instanceof Promise)) return encodeResponse(outcome);
      return outcome.then(encodeResponse, (error) => Promise.reject(toGrpcError(error, source, events)));
    } catch (error) {
      throw toGrpcError(error, source, events);
    }
  });
}

function toGrpcError(error: unknown, source: string, events: ReceiverEvents): unknown {
  if (error instanceof OtlpError) {
    events.decodeError(source, `message_${error.fault}`);
    return new GrpcError(grpcStatus.INVALID_ARGUMENT, error.message);
  }
  if (!(error instanceof OverloadError)) return error;
  events.decodeError(source, "message_pushed_back");
  const { message, retryAfterMs } = error;
  const code = grpcStatus.UNAVAILABLE;
  return new GrpcError(code, message, encodeStatus({ code, message, retryAfterMs }));
}

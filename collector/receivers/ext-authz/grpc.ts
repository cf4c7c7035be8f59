import type { CheckReceipt, ProxiedCheck } from "../../../schemas/model/check-request.ts";
import { DecodeError } from "../../decode/decode-error.ts";
import { createAnswerEncoder } from "../../decode/ext-authz/answer.ts";
import { createCheckDecoder } from "../../decode/ext-authz.ts";
import { isGrpcRequest } from "../../decode/http-check/is-grpc.ts";
import { GrpcError, type GrpcMethod, grpcStatus } from "../../transport/grpc.ts";
import { unary } from "../../transport/grpc-method.ts";
import { checkListenerOf, type GrpcListener, type ReceiverHost } from "../receiver.ts";

/** How long a proxy waits that does not say: the default of Envoy's filter. */
export const DEFAULT_WAIT_MS = 200;

/** Authorization/Check: answers in the form of CheckResponse, always before the proxy gives up. */
export function checkOver(settings: GrpcListener, source: string, { intake, events, now }: ReceiverHost): GrpcMethod {
  const decoder = createCheckDecoder();
  const encoder = createAnswerEncoder();
  const listener = checkListenerOf(settings);

  const decode = (bytes: Uint8Array): ProxiedCheck => {
    try {
      return decoder.decode(bytes, listener);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      events.decodeError(source, `message_${error.fault}`);
      throw new GrpcError(grpcStatus.INVALID_ARGUMENT, error.message);
    }
  };

  const answer = (check: ProxiedCheck, receipt: CheckReceipt): Uint8Array => {
    if ("verdict" in receipt) return encoder.encode(receipt.verdict, isGrpcRequest(check));
    events.decodeError(source, `message_${receipt.problem.reason}`);
    throw new GrpcError(grpcStatus.INVALID_ARGUMENT, receipt.problem.error);
  };

  return unary((bytes, call) => {
    events.message(source, bytes.length);
    const check = decode(bytes);
    const { deadlineMs } = call;
    const waitsMs = deadlineMs === undefined ? DEFAULT_WAIT_MS : Math.max(0, deadlineMs - now());
    const receipt = intake.check({
      check,
      byDefault: settings.default,
      waitsMs,
      traceparent: call.header("traceparent"),
    });
    if (receipt instanceof Promise) return receipt.then((late) => answer(check, late));
    const reply = answer(check, receipt);
    decoder.done(check); // a checker that answered late might still be reading
    return reply;
  });
}

import type { GrpcCall, GrpcHandler, GrpcMethod, GrpcSend } from "./grpc.ts";

/** A method that answers one message with one. */
export function unary(handle: (request: Uint8Array, call: GrpcCall) => Uint8Array | Promise<Uint8Array>): GrpcMethod {
  return {
    endsOnDrain: false,
    takesOneMessage: true,
    open: (call, send) => ({
      message(request) {
        const reply = handle(request, call);
        if (reply instanceof Promise) return reply.then(send);
        void send(reply); // the only one: nothing follows that would have to wait
      },
      end() {},
    }),
  };
}

/** A method that answers one message with many; wait for `send` between them. The call ends when `handle` settles. */
export function serverStreaming(
  handle: (request: Uint8Array, call: GrpcCall, send: GrpcSend) => void | Promise<void>,
): GrpcMethod {
  return {
    endsOnDrain: false,
    takesOneMessage: true,
    open: (call, send) => ({ message: (request) => handle(request, call, send), end() {} }),
  };
}

/** The server's half of a client stream: takes messages, and answers at the end. */
export interface ClientStream {
  /** One message; nothing further is read while the promise is pending. */
  message(bytes: Uint8Array): void | Promise<void>;
  /** The caller is done, or the server is: the one answer. */
  end(): Uint8Array | Promise<Uint8Array>;
  /** The call ended early. */
  abort?(reason: string): void;
}

/**
 * A method that answers many messages with one. The server may end such streams itself to drain or rebalance; with
 * `takesLateMessages`, messages that were on their way then still reach `message` after `end`.
 */
export function clientStreaming(
  open: (call: GrpcCall) => ClientStream,
  options: { readonly takesLateMessages?: boolean } = {},
): GrpcMethod {
  return {
    endsOnDrain: true,
    takesLateMessages: options.takesLateMessages === true,
    open(call, send) {
      const stream = open(call);
      return {
        message: (bytes) => stream.message(bytes),
        async end() {
          await send(await stream.end());
        },
        abort: (reason) => stream.abort?.(reason),
      };
    },
  };
}

/** A method whose two directions are independent. The server may end such streams itself to drain or rebalance. */
export function bidirectional(
  open: (call: GrpcCall, send: GrpcSend) => GrpcHandler,
  options: { readonly takesLateMessages?: boolean } = {},
): GrpcMethod {
  return { endsOnDrain: true, takesLateMessages: options.takesLateMessages === true, open };
}

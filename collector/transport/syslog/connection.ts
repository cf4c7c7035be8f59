import type { Socket } from "node:net";
import type { ListenerLimits } from "../../config/schema.ts";
import type { CloseReason, ProtocolFault, TransportEvents } from "../events.ts";
import type { MemoryLedger } from "../memory.ts";
import { createFramer } from "./framing.ts";
import type { MessageSink } from "./server.ts";

/** What a connection works with. */
export interface ConnectionOptions {
  readonly limits: ListenerLimits;
  readonly maxBytes: number;
  readonly sink: MessageSink;
  readonly events: TransportEvents;
  readonly memory: MemoryLedger;
  /** The connection is gone. */
  closed(reason: CloseReason): void;
}

/** One sender. */
export interface Connection {
  /** Closes it if it has been idle, or one message has been arriving, for too long; milliseconds of performance.now. */
  sweep(nowMs: number): void;
  /** Tells the sender that nothing more is wanted, and takes what is on its way. */
  end(reason: CloseReason): void;
  /** Closes it at once. */
  cut(reason: CloseReason): void;
}

/** Reads messages from a socket; while the sink is busy with some, no more are read. */
export function openConnection(socket: Socket, options: ConnectionOptions): Connection {
  const { limits, maxBytes, sink, events, memory, closed } = options;
  const framer = createFramer(maxBytes);
  let reason: CloseReason = "peer";
  let booked = 0;
  let readAt = performance.now();
  let partialSince = readAt;

  const cut = (why: CloseReason) => {
    reason = why;
    socket.destroy();
  };

  const book = () => {
    const held = framer.heldBytes;
    const fits = memory.add(held - booked);
    booked = held;
    return fits;
  };

  const fault = (why: ProtocolFault) => {
    events.protocolError(why);
    cut("fault");
  };

  const hand = async (messages: readonly Buffer[]) => {
    try {
      const done = sink(messages);
      if (done === undefined) return;
      socket.pause();
      await done;
    } catch (error) {
      events.handlerFault("syslog", error);
    }
    socket.resume();
  };

  socket.setKeepAlive(limits.keepaliveIntervalMs > 0, limits.keepaliveIntervalMs);
  socket.on("data", (chunk: Buffer) => {
    readAt = performance.now();
    events.bytes(chunk.length, 0);
    const { messages, oversized, broken } = framer.read(chunk);
    for (let i = 0; i < oversized; i++) events.protocolError("message-size");
    if (messages.length > 0 || framer.heldBytes === 0) partialSince = readAt;
    if (messages.length > 0) void hand(messages);
    if (broken) fault("frame");
    else if (!book()) fault("memory");
  });
  socket.on("end", () => {
    const rest = framer.end();
    if (rest.length > 0) void hand(rest);
  });
  socket.on("error", () => {}); // told by "close"
  socket.on("close", () => {
    memory.add(-booked);
    booked = 0;
    closed(reason);
  });

  return {
    sweep(nowMs) {
      if (limits.idleTimeoutMs > 0 && nowMs - readAt > limits.idleTimeoutMs) cut("idle");
      else if (framer.heldBytes > 0 && nowMs - partialSince > limits.messageTimeoutMs) {
        fault("message-timeout");
      }
    },
    end(why) {
      reason = why;
      socket.end();
    },
    cut,
  };
}

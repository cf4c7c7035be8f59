import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { constants } from "node:http2";
import type { ListenerLimits } from "../config/schema.ts";
import { CallFacts } from "./call-facts.ts";
import { inflate } from "./compression.ts";
import type { ProtocolFault, TransportEvents } from "./events.ts";
import { FramingError, MessageReader } from "./framing.ts";
import { GrpcError, type GrpcHandler, type GrpcMethod, grpcStatus, type Peer } from "./grpc.ts";
import { GrpcReply } from "./grpc-reply.ts";
import type { AcceptedRequest } from "./grpc-request.ts";
import { lateMs } from "./limits.ts";
import type { MemoryLedger } from "./memory.ts";
import { MessageWatch } from "./message-watch.ts";
import { statusOfReset, toGrpcError } from "./status.ts";

/** What a call needs from its connection. */
export interface CallHost {
  readonly listener: string;
  readonly peer: Peer;
  readonly limits: ListenerLimits;
  readonly events: TransportEvents;
  readonly memory: MemoryLedger;
  /** Monotonic milliseconds. */
  now(): number;
  /** The stream is gone; `well` if the call got its status out. */
  closed(call: Call, well: boolean): void;
  /** The stream is gone and the handler has nothing under way any more. */
  released(): void;
}

const longestTimerMs = 2_147_483_647;

/** One call: brings the stream's messages to the handler, one at a time, and the handler's answers to the stream. */
export class Call {
  private readonly host: CallHost;
  private readonly stream: ServerHttp2Stream;
  private readonly facts: CallFacts;
  private readonly kind: GrpcMethod;
  private readonly gzip: boolean;
  private readonly reader: MessageReader;
  private readonly watch: MessageWatch;
  private readonly reply: GrpcReply;
  private handler: GrpcHandler | undefined;
  private handlerDone = false;
  private busy = false; // a promise of the handler is pending: nothing more is read
  private rotating = false;
  private ending = false;
  private callerEnded = false;
  private closed = false;
  private salvaging = false; // the stream is gone, and messages that had arrived are still handed over
  private late = false; // ended by us; what was on its way is still taken
  private bookedBytes = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, request: AcceptedRequest, host: CallHost) {
    this.host = host;
    this.stream = stream;
    this.facts = new CallFacts(request, headers, host);
    this.kind = request.method;
    this.gzip = request.gzip;
    this.reader = new MessageReader(host.limits.maxMessageBytes);
    this.watch = new MessageWatch(this.reader);
    this.reply = new GrpcReply(stream, {
      gzip: request.gzip,
      corked: this.kind.takesOneMessage === true,
      onOverflow: () => this.fail("send-timeout", grpcStatus.RESOURCE_EXHAUSTED, "the answers are not being read"),
      onSent: () => this.afterReply(),
    });
    if (request.timeoutMs !== undefined) this.startTimer(request.timeoutMs);
  }

  /** Opens the handler and begins to read. */
  start(): void {
    const { stream } = this;
    stream.on("error", () => {}); // told by "close", with its code
    stream.on("close", () => this.onClose());
    this.guard(() => {
      this.handler = this.kind.open(this.facts, (bytes) => this.reply.send(bytes));
    });
    stream.on("data", (chunk: Buffer) => this.onData(chunk));
    stream.on("end", () => this.onEnd());
    stream.on("aborted", () => this.salvage());
  }

  /** Asks the call to end well by itself, if its kind can; the answers that remain are sent first. */
  rotate(): void {
    if (!this.kind.endsOnDrain || this.rotating || this.reply.status !== undefined) return;
    this.rotating = true;
    if (!this.busy || this.kind.takesOneMessage) this.endHandler();
  }

  /** Ends the call with a status, now; a fault of the caller is counted. */
  fail(fault: ProtocolFault | undefined, status: number, message: string, details?: Uint8Array): void {
    if (this.closed) return;
    if (fault !== undefined) this.host.events.protocolError(fault);
    if (this.reply.status !== undefined || fault === "send-timeout") {
      this.reply.status ??= status; // cannot be sent any more, only counted
      this.reset(this.late ? constants.NGHTTP2_NO_ERROR : constants.NGHTTP2_CANCEL);
    } else this.reply.end(status, message, details);
    this.abandon(message);
    this.stream.resume(); // what still comes is dropped, not kept
  }

  /** Looks for what has taken too long. */
  sweep(nowMs: number): void {
    const { limits } = this.host;
    if (this.reply.blockedMs(nowMs) >= limits.sendTimeoutMs) {
      this.fail("send-timeout", grpcStatus.RESOURCE_EXHAUSTED, "the answers are not being read");
    } else if (this.watch.look(nowMs, this.messageDue) >= limits.messageTimeoutMs) {
      const message = `a message did not arrive whole within ${limits.messageTimeoutMs} ms`;
      this.fail("message-timeout", grpcStatus.DEADLINE_EXCEEDED, message);
    }
  }

  /** A message must come now: one has begun, or the method's only one is missing. */
  private get messageDue(): boolean {
    if (this.busy || this.reply.status !== undefined) return false;
    return this.reader.partial || (this.kind.takesOneMessage === true && this.reader.count === 0);
  }

  private startTimer(timeoutMs: number): void {
    if (timeoutMs > longestTimerMs) return;
    this.timer = setTimeout(() => {
      if (this.reply.status === undefined) this.fail(undefined, grpcStatus.DEADLINE_EXCEEDED, "deadline exceeded");
    }, timeoutMs);
  }

  private onData(chunk: Buffer): void {
    if (this.reply.status !== undefined && !this.late) return;
    if (this.kind.takesOneMessage && this.reader.count > 0) {
      this.fail("message", grpcStatus.UNIMPLEMENTED, "the method takes one message, and more came");
      return;
    }
    this.reader.push(chunk);
    if (!this.busy) this.pump();
  }

  private onEnd(): void {
    if (this.stream.aborted) return; // node ends the readable side of a reset stream, too
    this.callerEnded = true;
    if (!this.busy) this.pump();
  }

  /** Hands over what is complete, until the handler wants to be waited for. */
  private pump(): void {
    this.guard(() => {
      while (!this.busy && this.reading()) {
        const message = this.reader.next();
        if (message === undefined) break;
        if (!message.compressed) this.deliver(message.bytes);
        else this.inflateThenDeliver(message.bytes);
      }
      if (this.closed) return;
      this.book();
      if (!this.busy && this.reading()) this.endIfDue();
    });
  }

  private reading(): boolean {
    return (!this.closed || this.salvaging) && (this.reply.status === undefined || this.late);
  }

  private endIfDue(): void {
    if (this.callerEnded && this.reader.partial) {
      throw new FramingError(grpcStatus.INTERNAL, "the call ended inside a message", "message");
    }
    if (this.callerEnded && this.kind.takesOneMessage && this.reader.count === 0) {
      throw new FramingError(grpcStatus.UNIMPLEMENTED, "the method takes one message, and none came", "message");
    }
    if (this.callerEnded || this.rotating) this.endHandler();
  }

  private inflateThenDeliver(bytes: Uint8Array): void {
    if (!this.gzip)
      throw new FramingError(grpcStatus.INTERNAL, "a compressed message without grpc-encoding", "message");
    const inflated = inflate(bytes, this.host.limits.maxMessageBytes);
    if (inflated instanceof Promise) this.wait(inflated, (whole) => this.deliver(whole));
    else this.deliver(inflated);
  }

  private deliver(bytes: Uint8Array): void {
    const last = this.kind.takesOneMessage === true;
    if (last && this.reader.remaining > 0) {
      throw new FramingError(grpcStatus.UNIMPLEMENTED, "the method takes one message, and more came", "message");
    }
    const pending = this.handler?.message(bytes);
    if (pending !== undefined) this.wait(pending, () => last && this.complete());
    else if (last) this.complete();
  }

  /** Ends the handler, then the call with OK. */
  private endHandler(): void {
    if (this.ending) return;
    this.ending = true;
    this.guard(() => {
      const pending = this.handler?.end();
      if (pending !== undefined) this.wait(pending, () => this.complete());
      else this.complete();
    });
  }

  private complete(): void {
    if (this.closed || this.reply.status !== undefined) return;
    this.handlerDone = true;
    this.late = this.kind.takesLateMessages === true && !this.callerEnded;
    this.reply.end(grpcStatus.OK, "");
  }

  /** Reads nothing while a promise is pending, then goes on. A call that takes one message sees further ones at once. */
  private wait<T>(pending: Promise<T>, then: (value: T) => void): void {
    this.busy = true;
    if (!this.kind.takesOneMessage) this.stream.pause();
    pending
      .then(
        (value) => this.settled(() => then(value)),
        (error: unknown) => this.settled(() => this.refuse(error)),
      )
      .catch((error: unknown) => this.host.events.handlerFault(this.facts.method, error));
  }

  private settled(then: () => void): void {
    this.busy = false;
    if (this.closed && !this.salvaging) this.host.released();
    else this.guard(then);
    if (this.busy || (this.closed && !this.salvaging)) return;
    this.pump();
    if (this.busy) return;
    if (this.salvaging) this.endSalvage();
    else this.stream.resume();
  }

  /** Keeps what had arrived while the handler was busy, if its kind wants it: the caller counts it as sent. */
  private salvage(): void {
    if (!this.busy || !this.kind.takesLateMessages || this.reply.status !== undefined) return;
    this.salvaging = true;
    while (this.stream.read() !== null); // each read comes through "data"
  }

  private endSalvage(): void {
    this.salvaging = false;
    this.abandon("the caller ended the call");
    this.reader.release();
    this.host.released();
  }

  private guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.refuse(error);
    }
  }

  /** Ends the call with what was thrown. */
  private refuse(error: unknown): void {
    if (!(error instanceof GrpcError)) this.host.events.handlerFault(this.facts.method, error);
    const { status, message, details } = toGrpcError(error);
    if (error instanceof FramingError) this.fail(error.fault, status, message);
    else {
      this.handlerDone = true;
      this.fail(undefined, status, message, details);
    }
  }

  /** Tells the handler, once, that the call ended early. */
  private abandon(reason: string): void {
    if (this.handlerDone) return;
    this.handlerDone = true;
    this.facts.abort();
    try {
      this.handler?.abort?.(reason);
    } catch (error) {
      this.host.events.handlerFault(this.facts.method, error);
    }
  }

  /** Books the memory of an unfinished message. */
  private book(): void {
    const held = this.reader.partial ? this.reader.heldBytes : 0;
    const fits = this.host.memory.add(held - this.bookedBytes);
    this.bookedBytes = held;
    if (!fits) {
      throw new FramingError(grpcStatus.RESOURCE_EXHAUSTED, "too much is held in unfinished messages", "memory");
    }
  }

  /** The status is on its way: a caller that is still sending is told to stop, unless late messages are welcome. */
  private afterReply(): void {
    clearTimeout(this.timer);
    if (this.callerEnded) return;
    const hangUp = () => {
      if (!this.callerEnded) this.reset(constants.NGHTTP2_NO_ERROR);
    };
    if (this.late) this.timer = setTimeout(hangUp, lateMs);
    else setImmediate(hangUp);
  }

  private reset(code: number): void {
    if (!this.stream.destroyed && !this.stream.closed) this.stream.close(code);
  }

  /** The one place where a call is taken down, however it ended. */
  private onClose(): void {
    if (this.closed) return;
    this.closed = true;
    clearTimeout(this.timer);
    const well = this.reply.status !== undefined;
    const status = this.reply.status ?? statusOfReset(this.stream.rstCode);
    this.reply.release();
    this.host.memory.add(-this.bookedBytes);
    this.bookedBytes = 0;
    this.host.events.streamClosed(this.facts.method, status);
    this.host.closed(this, well);
    if (this.salvaging) return;
    this.abandon("the caller ended the call");
    this.reader.release();
    if (!this.busy) this.host.released();
  }
}

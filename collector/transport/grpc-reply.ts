import type { OutgoingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { deflate } from "./compression.ts";
import { frameMessage } from "./framing.ts";
import { maxUnsentBytes } from "./limits.ts";
import { toTrailers } from "./status.ts";

/** How a reply is sent, and whom it tells. */
export interface ReplyOptions {
  /** The caller takes gzip. */
  readonly gzip: boolean;
  /** Hold the last message for a moment so that it goes out together with the status. */
  readonly corked: boolean;
  /** The handler does not wait for `send`, and the reader does not read. */
  onOverflow(): void;
  /** The status has been handed to HTTP/2. */
  onSent(): void;
}

const plainHeaders = { ":status": 200, "content-type": "application/grpc" };
const gzipHeaders = { ...plainHeaders, "grpc-encoding": "gzip", "grpc-accept-encoding": "identity,gzip" };
const withTrailers = { waitForTrailers: true, sendDate: false };

/** The server's half of a stream: headers, messages, status. Does nothing once the stream is closed. */
export class GrpcReply {
  /** The status the call ended with, as soon as it is known. */
  status: number | undefined;
  private readonly stream: ServerHttp2Stream;
  private readonly options: ReplyOptions;
  private held: Buffer | undefined;
  private trailers: OutgoingHttpHeaders = {};
  private drained: PromiseWithResolvers<void> | undefined;
  private blockedSinceMs: number | undefined;

  constructor(stream: ServerHttp2Stream, options: ReplyOptions) {
    this.stream = stream;
    this.options = options;
  }

  /** Sends one message; the promise, if any, settles when the next may follow without growing a buffer. */
  send(bytes: Uint8Array): void | Promise<void> {
    if (this.status !== undefined || !this.open) return;
    const deflated = this.options.gzip ? deflate(bytes) : undefined;
    const frame = frameMessage(deflated ?? bytes, deflated !== undefined);
    if (!this.options.corked) return this.write(frame);
    const pending = this.held === undefined ? undefined : this.write(this.held);
    if (this.held === undefined) process.nextTick(() => this.flush());
    this.held = frame;
    return pending;
  }

  /** Ends the call; without a message before it, headers and status are one frame. */
  end(status: number, message: string, details?: Uint8Array): void {
    if (this.status !== undefined) return;
    this.status = status;
    if (!this.open) return;
    const trailers = toTrailers(status, message, details);
    if (!this.stream.headersSent && this.held === undefined) {
      this.stream.respond({ ...plainHeaders, ...trailers }, { endStream: true });
      this.options.onSent();
      return;
    }
    this.trailers = trailers;
    this.respond();
    this.stream.end(this.held);
    this.held = undefined;
  }

  /** How long answers have been waiting for a reader. */
  blockedMs(nowMs: number): number {
    const blocked = this.stream.writableNeedDrain || this.status !== undefined;
    this.blockedSinceMs = blocked ? (this.blockedSinceMs ?? nowMs) : undefined;
    return nowMs - (this.blockedSinceMs ?? nowMs);
  }

  /** Lets a waiting handler go on after the stream has closed. */
  release(): void {
    this.held = undefined;
    this.drained?.resolve();
  }

  private get open(): boolean {
    return !this.stream.destroyed && !this.stream.closed;
  }

  private flush(): void {
    if (this.held === undefined || this.status !== undefined || !this.open) return;
    const frame = this.held;
    this.held = undefined;
    this.write(frame);
  }

  private respond(): void {
    if (this.stream.headersSent) return;
    this.stream.on("wantTrailers", () => {
      if (!this.open) return;
      this.stream.sendTrailers(this.trailers);
      this.options.onSent();
    });
    this.stream.respond(this.options.gzip ? gzipHeaders : plainHeaders, withTrailers);
  }

  private write(frame: Buffer): void | Promise<void> {
    this.respond();
    if (this.stream.write(frame)) return;
    if (this.stream.writableLength - frame.length > maxUnsentBytes) return this.options.onOverflow();
    if (this.drained === undefined) {
      this.drained = Promise.withResolvers<void>();
      this.stream.once("drain", () => {
        this.drained?.resolve();
        this.drained = undefined;
      });
    }
    return this.drained.promise;
  }
}

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { framed } from "./grpc-client.ts";
import { frame, frameType, preface, settings } from "./http2-frames.ts";
import { createRequestHeaders } from "./repeated-headers.ts";

/** What came of one call. */
export interface LoadAnswer {
  /** From the moment it was sent, or would have been but for the server's limits, in milliseconds. */
  readonly tookMs: number;
  /** The message; undefined if the call ended without one. */
  readonly message: Buffer | undefined;
}

/** How to ask. */
export interface LoadRate {
  readonly perSecond: number;
  readonly ms: number;
}

/** A connection that makes unary calls for a few microseconds each, so that what is measured is the server. */
export interface GrpcLoad {
  /** Asks the requests in turn at a steady rate, each millisecond those that are due, whether or not answers keep up. */
  atRate(requests: readonly Uint8Array[], rate: LoadRate): Promise<readonly LoadAnswer[]>;
  /** Asks this often, `atOnce` of them under way. */
  times(count: number, requests: readonly Uint8Array[], atOnce: number): Promise<readonly LoadAnswer[]>;
  close(): void;
}

interface Pending {
  readonly body: Buffer;
  readonly startedMs: number;
  readonly done: (answer: LoadAnswer) => void;
  message: Buffer | undefined;
}

const END_STREAM = 1;
const ACK = 1;
const wide = 0x7fff0000;

/** Connects to "host:port"; all calls are of this method. */
export async function connectLoad(address: string, method: string): Promise<GrpcLoad> {
  const at = address.lastIndexOf(":");
  const socket = connect({ host: address.slice(0, at), port: Number(address.slice(at + 1)), noDelay: true });
  await once(socket, "connect");
  const calls = new Calls(socket, method);
  socket.write(Buffer.concat([preface, settings([[4, wide]]), windowUpdate(wide)]));
  return {
    async atRate(requests, { perSecond, ms }) {
      const start = performance.now();
      const total = Math.floor((perSecond * ms) / 1000);
      const answers: Promise<LoadAnswer>[] = [];
      while (answers.length < total) {
        const due = Math.min(total, Math.floor(((performance.now() - start) * perSecond) / 1000));
        while (answers.length < due) answers.push(calls.start(requests[answers.length % requests.length]!));
        calls.flush();
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      return Promise.all(answers);
    },
    async times(count, requests, atOnce) {
      const answers: LoadAnswer[] = [];
      let started = 0;
      const work = async () => {
        while (started < count) {
          const answer = calls.start(requests[started++ % requests.length]!);
          if (started <= atOnce) calls.flush();
          answers.push(await answer);
        }
      };
      await Promise.all(Array.from({ length: atOnce }, work));
      return answers;
    },
    close: () => void socket.destroy(),
  };
}

/** The calls of one connection, held back only where HTTP/2 demands it. */
class Calls {
  readonly #socket: Socket;
  readonly #headers: (stream: number) => Buffer;
  readonly #running = new Map<number, Pending>();
  #waiting: Pending[] = [];
  #unsent: Buffer[] = [];
  #stream = 1;
  #window = 65_535;
  #maxStreams = Number.POSITIVE_INFINITY;
  #rest: Buffer = Buffer.alloc(0);

  constructor(socket: Socket, method: string) {
    this.#socket = socket;
    this.#headers = createRequestHeaders(method);
    socket.on("error", () => {}); // seen as the end of its calls
    socket.on("close", () => this.#fail());
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
  }

  start(request: Uint8Array): Promise<LoadAnswer> {
    return new Promise((done) => {
      this.#waiting.push({ body: framed(request), startedMs: performance.now(), done, message: undefined });
      if (this.#socket.destroyed) this.#fail();
    });
  }

  /** Writes what may be sent now. */
  flush(): void {
    let sent = 0;
    for (const call of this.#waiting) {
      if (this.#running.size >= this.#maxStreams || this.#window < call.body.length) break;
      this.#window -= call.body.length;
      this.#running.set(this.#stream, call);
      this.#unsent.push(this.#headers(this.#stream), frame(frameType.DATA, END_STREAM, this.#stream, call.body));
      this.#stream += 2;
      sent++;
    }
    if (sent > 0) this.#waiting = this.#waiting.slice(sent);
    if (this.#unsent.length === 0) return;
    this.#socket.write(Buffer.concat(this.#unsent));
    this.#unsent = [];
  }

  #read(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (bytes.length - at >= 9) {
      const end = at + 9 + bytes.readUIntBE(at, 3);
      if (end > bytes.length) break;
      this.#take(bytes[at + 3]!, bytes[at + 4]!, bytes.readUInt32BE(at + 5), bytes.subarray(at + 9, end));
      at = end;
    }
    this.#rest = bytes.subarray(at);
    setImmediate(() => this.flush());
  }

  #take(type: number, flags: number, stream: number, payload: Buffer): void {
    const call = this.#running.get(stream);
    if (type === frameType.DATA && call !== undefined && payload.length > 0)
      call.message = call.message === undefined ? payload : Buffer.concat([call.message, payload]);
    if (type === frameType.SETTINGS && (flags & ACK) === 0) this.#settle(payload);
    if (type === frameType.PING && (flags & ACK) === 0) this.#unsent.push(frame(frameType.PING, ACK, 0, payload));
    if (type === frameType.WINDOW_UPDATE && stream === 0) this.#window += payload.readUInt32BE(0);
    const isLast = (type === frameType.HEADERS || type === frameType.DATA) && (flags & END_STREAM) !== 0;
    if (isLast || type === frameType.RST_STREAM) this.#end(stream);
  }

  #settle(payload: Buffer): void {
    for (let at = 0; at < payload.length; at += 6)
      if (payload.readUInt16BE(at) === 3) this.#maxStreams = payload.readUInt32BE(at + 2);
    this.#unsent.push(frame(frameType.SETTINGS, ACK, 0));
  }

  #end(stream: number): void {
    const call = this.#running.get(stream);
    if (call === undefined) return;
    this.#running.delete(stream);
    this.#finish(call, call.message?.subarray(5));
  }

  #fail(): void {
    const left = [...this.#running.values(), ...this.#waiting];
    this.#running.clear();
    this.#waiting = [];
    for (const call of left) this.#finish(call, undefined);
  }

  #finish({ startedMs, done }: Pending, message: Buffer | undefined): void {
    done({ tookMs: performance.now() - startedMs, message });
  }
}

function windowUpdate(bytes: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(bytes);
  return frame(frameType.WINDOW_UPDATE, 0, 0, payload);
}

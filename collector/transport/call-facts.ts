import type { IncomingHttpHeaders } from "node:http2";
import type { GrpcCall, Peer } from "./grpc.ts";
import type { AcceptedRequest } from "./grpc-request.ts";

/** What a handler may know of its call; costs nothing for what it does not ask. */
export class CallFacts implements GrpcCall {
  readonly method: string;
  readonly peer: Peer;
  readonly listener: string;
  readonly deadlineMs: number | undefined;
  private readonly headers: IncomingHttpHeaders;
  private controller: AbortController | undefined;
  private aborted = false;

  constructor(request: AcceptedRequest, headers: IncomingHttpHeaders, from: { peer: Peer; listener: string }) {
    this.method = request.name;
    this.peer = from.peer;
    this.listener = from.listener;
    this.headers = headers;
    this.deadlineMs = request.timeoutMs === undefined ? undefined : Date.now() + request.timeoutMs;
  }

  get metadata(): GrpcCall["metadata"] {
    return Object.fromEntries(Object.entries(this.headers).filter(([name]) => !name.startsWith(":")));
  }

  header(name: string): string | undefined {
    const value = this.headers[name];
    return typeof value === "string" ? value : undefined;
  }

  get signal(): AbortSignal {
    this.controller ??= new AbortController();
    if (this.aborted) this.controller.abort();
    return this.controller.signal;
  }

  /** Aborts the signal, also for whoever asks for it later. */
  abort(): void {
    this.aborted = true;
    this.controller?.abort();
  }
}

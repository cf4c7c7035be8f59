import type { IncomingHttpHeaders } from "node:http2";
import { constants, performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { ListenerLimits } from "../config/schema.ts";
import { Budget } from "./budget.ts";
import type { CloseReason, ProtocolFault, TransportEvents } from "./events.ts";
import { type GrpcMethods, grpcStatus, type Peer } from "./grpc.ts";
import { Call, type CallHost } from "./grpc-call.ts";
import { type AcceptedRequest, type Refusal, readRequest, refuseLarge } from "./grpc-request.ts";
import { Heartbeat } from "./heartbeat.ts";
import { budgets, lingerMs, toSessionOptions, windows } from "./limits.ts";
import type { MemoryLedger } from "./memory.ts";
import { refuse } from "./refuse.ts";

/** What all connections of a listener share. */
export interface ConnectionHost {
  readonly listener: string;
  readonly limits: ListenerLimits;
  readonly methods: GrpcMethods;
  readonly events: TransportEvents;
  readonly memory: MemoryLedger;
  /** Calls under way on all connections. */
  calls: number;
  /** Monotonic milliseconds. */
  now(): number;
  /** A number from 0 to 1. */
  random(): number;
  /** The connection is gone. */
  closed(connection: Connection): void;
}

const tooManyCalls = {
  httpStatus: 200,
  status: grpcStatus.RESOURCE_EXHAUSTED,
  message: "too many calls at once",
  reason: "calls",
} as const;

/** One HTTP/2 connection: its calls, its limits, its end. */
export class Connection implements CallHost {
  readonly listener: string;
  readonly peer: Peer;
  readonly limits: ListenerLimits;
  readonly events: TransportEvents;
  readonly memory: MemoryLedger;
  private readonly host: ConnectionHost;
  private readonly socket: Socket;
  private readonly session: ServerHttp2Session;
  private readonly heartbeat: Heartbeat;
  private readonly calls = new Set<Call>();
  private readonly pings: Budget;
  private readonly settings: Budget;
  private readonly resets: Budget;
  private readonly retireAtMs: number;
  private running = 0; // calls whose handlers have something under way, reset ones included
  private established = false;
  private reason: CloseReason = "peer";
  private goneAtMs = Number.POSITIVE_INFINITY; // when retiring must be over
  private busyMs: number; // when there last was a call
  private readonly openedMs: number;
  private sentAtPing = 0;
  private gone = false;

  constructor(socket: Socket, peer: Peer, host: ConnectionHost) {
    const now = host.now();
    this.socket = socket;
    this.peer = peer;
    this.host = host;
    this.listener = host.listener;
    this.limits = host.limits;
    this.events = host.events;
    this.memory = host.memory;
    this.openedMs = now;
    this.busyMs = now;
    this.pings = new Budget(budgets.pings.burst, budgets.pings.perSecond, now);
    this.settings = new Budget(budgets.settings.burst, budgets.settings.perSecond, now);
    this.resets = new Budget(budgets.resets.burst, budgets.resets.perSecond, now);
    this.retireAtMs = now + jittered(host.limits.maxConnectionAgeMs, host.random());
    this.events.connectionOpened();
    this.session = this.open();
    this.heartbeat = new Heartbeat(this.session, socket, host, now);
  }

  now(): number {
    return this.host.now();
  }

  /** Asks the peer to go: no new calls, those that can end well do so now, the rest have `graceMs`. */
  retire(reason: CloseReason, graceMs: number): void {
    const goneAtMs = this.now() + graceMs;
    if (this.retiring) {
      this.goneAtMs = Math.min(this.goneAtMs, goneAtMs);
      return;
    }
    this.goneAtMs = goneAtMs;
    this.reason = reason;
    this.goAway(constants.NGHTTP2_NO_ERROR, reason);
    for (const call of this.calls) call.rotate();
    this.closeIfDone();
  }

  /** Closes now: calls that are left end as UNAVAILABLE, and the socket goes with or without the peer's help. */
  close(reason: CloseReason, code: number = constants.NGHTTP2_NO_ERROR, text: string = reason): void {
    if (this.gone) return;
    if (!this.retiring) this.reason = reason;
    this.goneAtMs = this.now();
    for (const call of this.calls) call.fail(undefined, grpcStatus.UNAVAILABLE, `the connection is closing: ${text}`);
    this.goAway(code, text);
    setTimeout(() => this.destroy(), code === constants.NGHTTP2_NO_ERROR ? 50 : 0).unref();
  }

  /** Drops the connection without a word. */
  destroy(): void {
    if (!this.session.destroyed) this.session.destroy();
    if (this.socket.destroyed) return;
    setTimeout(() => this.socket.destroy(), lingerMs).unref(); // whatever the peer does
  }

  /** Looks for what is due: pings, ages, idle peers, slow calls. */
  sweep(nowMs: number): void {
    if (this.gone) return;
    if (!this.established && nowMs - this.openedMs >= this.limits.handshakeTimeoutMs) {
      this.fault("handshake-timeout", constants.NGHTTP2_SETTINGS_TIMEOUT);
      return;
    }
    for (const call of this.calls) call.sweep(nowMs);
    if (this.calls.size > 0) this.busyMs = nowMs;
    this.sweepAge(nowMs);
    if (this.heartbeat.look(nowMs)) return;
    this.close("keepalive");
    this.destroy();
  }

  closed(call: Call, well: boolean): void {
    this.calls.delete(call);
    this.busyMs = this.now();
    if (well) this.resets.refund();
    else this.countReset();
    this.closeIfDone();
  }

  released(): void {
    this.running--;
    this.host.calls--;
  }

  private get retiring(): boolean {
    return this.goneAtMs !== Number.POSITIVE_INFINITY;
  }

  private open(): ServerHttp2Session {
    const session = performServerHandshake(this.socket, toSessionOptions(this.limits));
    session.on("error", (error) => this.onError(error));
    session.on("close", () => this.onClose());
    session.on("stream", (stream, headers, _flags, raw) => this.onStream(stream, headers, raw));
    session.on("ping", () => this.onPing());
    session.on("remoteSettings", () => this.onSettings());
    this.socket.on("error", () => {}); // told by "close"; the session's own listener goes before the socket does
    this.socket.on("close", () => setImmediate(() => this.onClose())); // the session's error comes after it
    session.setLocalWindowSize(windows.session);
    return session;
  }

  private onStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, raw: readonly string[]): void {
    if (stream.closed || stream.destroyed) {
      stream.on("error", () => {}); // reset in the same packet: not worth a handler
      this.events.refused("reset");
      this.countReset();
      return;
    }
    const request = refuseLarge(raw, this.limits) ?? readRequest(headers, this.host.methods);
    if ("httpStatus" in request) this.refuse(stream, headers, request);
    else if (this.running >= this.limits.maxStreams || this.host.calls >= this.limits.maxCalls) {
      this.refuse(stream, headers, tooManyCalls);
    } else this.openCall(stream, headers, request);
  }

  private openCall(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, request: AcceptedRequest): void {
    this.running++;
    this.host.calls++;
    this.events.streamOpened(request.name);
    const call = new Call(stream, headers, request, this);
    this.calls.add(call);
    call.start();
    if (this.retiring) call.rotate();
  }

  private refuse(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, refusal: Refusal): void {
    this.events.refused(refusal.reason);
    stream.on("close", () => stream.rstCode !== constants.NGHTTP2_NO_ERROR && this.countReset());
    refuse(stream, refusal, headers[":method"] === "HEAD");
  }

  private onSettings(): void {
    this.established = true;
    if (!this.settings.spend(this.now())) this.fault("settings", constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  private onPing(): void {
    const sent = this.socket.bytesWritten;
    // Our answer to the last ping is 17 bytes; anything beyond was worth measuring.
    if (sent > this.sentAtPing + 64) this.pings.reset();
    this.sentAtPing = sent;
    if (!this.pings.spend(this.now())) {
      this.fault("pings", constants.NGHTTP2_ENHANCE_YOUR_CALM, "too_many_pings");
    }
  }

  private countReset(): void {
    if (!this.gone && !this.resets.spend(this.now())) this.fault("resets", constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  private fault(fault: ProtocolFault, code: number, text: string = fault): void {
    if (this.gone || this.reason === "fault") return;
    this.events.protocolError(fault);
    this.reason = "fault";
    outsideParser(() => this.close("fault", code, text));
  }

  private sweepAge(nowMs: number): void {
    const { maxConnectionAgeMs, maxConnectionAgeGraceMs, idleTimeoutMs } = this.limits;
    if (nowMs >= this.goneAtMs + lingerMs) this.destroy();
    else if (nowMs >= this.goneAtMs) this.close(this.reason);
    else if (maxConnectionAgeMs > 0 && nowMs >= this.retireAtMs) this.retire("age", maxConnectionAgeGraceMs);
    else if (idleTimeoutMs > 0 && nowMs - this.busyMs >= idleTimeoutMs) this.retire("idle", lingerMs);
  }

  /** node drops streams that arrive after a GOAWAY without an answer, so it names the last one that was taken. */
  private goAway(code: number, text: string): void {
    if (this.session.destroyed || this.session.closed) return;
    this.session.goaway(code, 0, Buffer.from(text));
  }

  private closeIfDone(): void {
    if (!this.retiring || this.calls.size > 0) return;
    outsideParser(() => {
      if (this.calls.size === 0 && !this.session.destroyed && !this.session.closed) this.session.close();
    });
  }

  private onError(error: Error & { code?: string; errno?: number }): void {
    if (!error.code?.startsWith("ERR_HTTP2") || error.errno === undefined) return; // the socket's; told by "close"
    if (this.gone || this.reason === "fault") return;
    this.events.protocolError(faultOf(error.errno));
    this.reason = "fault";
  }

  /** The one place where a connection is taken down, however it ended. */
  private onClose(): void {
    if (this.gone) return;
    this.gone = true;
    this.heartbeat.countBytes(this.now());
    this.destroy();
    this.events.connectionClosed(this.reason);
    this.host.closed(this);
  }
}

/**
 * Most events of a session and its streams come from within the parser, and node aborts the whole process on an
 * assertion if a session is closed there (nodejs/node#64850 and kin): closing waits until the parser has returned.
 */
function outsideParser(step: () => void): void {
  setImmediate(step);
}

/** Ten percent more or less, so that peers that came together do not leave together. */
function jittered(ageMs: number, random: number): number {
  return ageMs * (0.9 + 0.2 * random);
}

/** nghttp2's error numbers: bad client magic; flooded, too many CONTINUATION or invalid frames. */
function faultOf(errno: number): ProtocolFault {
  if (errno === -903) return "preface";
  if (errno === -904 || errno === -905 || errno === -902) return "flood";
  return "frame";
}

import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { ListenerLimits } from "../config/schema.ts";
import type { TransportEvents } from "./events.ts";

/** Whether the peer of a connection is still there: counts its bytes, and pings it when there are none. */
export class Heartbeat {
  private readonly session: ServerHttp2Session;
  private readonly socket: Socket;
  private readonly limits: ListenerLimits;
  private readonly events: TransportEvents;
  private activeMs: number; // when the peer last sent something
  private pingSentMs: number | undefined;
  private received = 0;
  private sent = 0;

  constructor(
    session: ServerHttp2Session,
    socket: Socket,
    shared: { readonly limits: ListenerLimits; readonly events: TransportEvents },
    nowMs: number,
  ) {
    this.session = session;
    this.socket = socket;
    this.limits = shared.limits;
    this.events = shared.events;
    this.activeMs = nowMs;
  }

  /** Looks after the peer; false once it has left a ping unanswered for too long. */
  look(nowMs: number): boolean {
    const { keepaliveIntervalMs, keepaliveTimeoutMs } = this.limits;
    this.countBytes(nowMs);
    if (this.pingSentMs !== undefined) return nowMs - this.pingSentMs < keepaliveTimeoutMs;
    if (keepaliveIntervalMs > 0 && nowMs - this.activeMs >= keepaliveIntervalMs) this.ping(nowMs);
    return true;
  }

  /** Reports the bytes since last time; a peer that sent some is alive. */
  countBytes(nowMs: number): void {
    const { bytesRead, bytesWritten } = this.socket;
    if (bytesRead === this.received && bytesWritten === this.sent) return;
    if (bytesRead > this.received) {
      this.activeMs = nowMs;
      this.pingSentMs = undefined;
    }
    this.events.bytes(Math.max(0, bytesRead - this.received), Math.max(0, bytesWritten - this.sent));
    this.received = bytesRead;
    this.sent = bytesWritten;
  }

  private ping(nowMs: number): void {
    if (this.session.destroyed) return;
    this.pingSentMs = nowMs;
    this.session.ping(() => {}); // the answer shows as received bytes
  }
}

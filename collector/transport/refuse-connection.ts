import { constants, performServerHandshake } from "node:http2";
import type { Socket } from "node:net";
import { lingerMs } from "./limits.ts";

/** Closes a connection that does not speak HTTP/2, with a text that HTTP/1 clients show. */
export function refuseHttp1(socket: Socket, message: string): void {
  const body = `${message}\n`;
  const head = ["HTTP/1.1 505 HTTP Version Not Supported", "connection: close", "content-type: text/plain"];
  socket.end(`${[...head, `content-length: ${Buffer.byteLength(body)}`].join("\r\n")}\r\n\r\n${body}`);
  destroySoon(socket);
}

/** Closes a connection whose client may not connect, with a GOAWAY that says why. */
export function refuseSession(socket: Socket, message: string): void {
  const session = performServerHandshake(socket, { settings: { maxConcurrentStreams: 0 } });
  session.on("error", () => {}); // it is being closed anyway
  session.goaway(constants.NGHTTP2_INADEQUATE_SECURITY, 0, Buffer.from(message));
  setTimeout(() => session.destroy(), 50).unref();
  destroySoon(socket);
}

function destroySoon(socket: Socket): void {
  setTimeout(() => socket.destroy(), lingerMs).unref();
}

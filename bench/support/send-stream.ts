import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";

const method = "/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs";

/** Sends messages over some streams of one connection until `ms` have passed, in turn, as fast as flow control lets; gives how many were answered for. */
export async function sendFor(
  ms: number,
  address: string,
  messages: readonly Uint8Array[],
  streams: number,
): Promise<number> {
  const session = open(address);
  const framed = messages.map(frame);
  const until = performance.now() + ms;
  const sent = await Promise.all(Array.from({ length: streams }, () => sendOne(session, framed, until)));
  session.close();
  return sent.reduce((sum, count) => sum + count, 0);
}

/** Sends messages over one stream, `perSecond` of them for `ms`; gives how many were answered for. */
export async function sendPaced(
  ms: number,
  address: string,
  messages: readonly Uint8Array[],
  perSecond: number,
): Promise<number> {
  const session = open(address);
  const { stream, ended } = openStream(session);
  const framed = messages.map(frame);
  const start = performance.now();
  let sent = 0;
  while (performance.now() - start < ms) {
    const due = ((performance.now() - start) / 1000) * perSecond;
    while (sent < due) stream.write(framed[sent++ % framed.length]);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  stream.end();
  await ended;
  session.close();
  return sent;
}

async function sendOne(session: ClientHttp2Session, framed: readonly Buffer[], until: number): Promise<number> {
  const { stream, ended } = openStream(session);
  let sent = 0;
  while (performance.now() < until) {
    const more = stream.write(framed[sent++ % framed.length]);
    if (!more) await new Promise((resolve) => stream.once("drain", resolve));
  }
  stream.end();
  await ended;
  return sent;
}

function open(address: string): ClientHttp2Session {
  const session = connect(`http://${address}`);
  session.on("error", () => {}); // told by the streams
  return session;
}

function openStream(session: ClientHttp2Session): { stream: ClientHttp2Stream; ended: Promise<void> } {
  const headers = { ":method": "POST", ":path": method, "content-type": "application/grpc", te: "trailers" };
  const stream = session.request(headers);
  const ended = new Promise<void>((resolve, reject) => {
    stream.on("trailers", ({ "grpc-status": status }) =>
      status === "0" ? resolve() : reject(new Error(`the call ended with status ${status}`)),
    );
    stream.on("error", reject);
  });
  stream.resume();
  return { stream, ended };
}

function frame(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

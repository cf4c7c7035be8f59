import { connect } from "node:http2";

const method = "/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs";

/** Sends messages over some streams of one connection until `ms` have passed, in turn, as fast as flow control lets; gives how many were answered for. */
export async function sendFor(
  ms: number,
  address: string,
  messages: readonly Uint8Array[],
  streams: number,
): Promise<number> {
  const session = connect(`http://${address}`);
  session.on("error", () => {});
  const framed = messages.map(frame);
  const until = performance.now() + ms;
  const sent = await Promise.all(Array.from({ length: streams }, () => sendOne(session, framed, until)));
  session.close();
  return sent.reduce((sum, count) => sum + count, 0);
}

async function sendOne(session: ReturnType<typeof connect>, framed: readonly Buffer[], until: number): Promise<number> {
  const stream = session.request({
    ":method": "POST",
    ":path": method,
    "content-type": "application/grpc",
    te: "trailers",
  });
  const ended = new Promise<void>((resolve, reject) => {
    stream.on("trailers", ({ "grpc-status": status }) =>
      status === "0" ? resolve() : reject(new Error(`status ${status}`)),
    );
    stream.on("error", reject);
  });
  stream.resume();
  let sent = 0;
  while (performance.now() < until) {
    const more = stream.write(framed[sent++ % framed.length]);
    if (!more) await new Promise((resolve) => stream.once("drain", resolve));
  }
  stream.end();
  await ended;
  return sent;
}

function frame(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

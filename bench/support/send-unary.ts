import { type ClientHttp2Session, connect } from "node:http2";

const method = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/** Exports requests over one connection, in turn or as they are given, until `ms` have passed, `atOnce` of them under way; gives how many were taken. */
export async function exportFor(
  ms: number,
  address: string,
  requests: readonly Uint8Array[] | (() => Uint8Array),
  atOnce: number,
): Promise<number> {
  const session = connect(`http://${address}`);
  session.on("error", () => {}); // told by the calls
  const next = typeof requests === "function" ? () => frame(requests()) : inTurn(requests.map(frame));
  const until = performance.now() + ms;
  const work = async () => {
    let taken = 0;
    while (performance.now() < until) {
      await exportOne(session, next());
      taken++;
    }
    return taken;
  };
  const taken = await Promise.all(Array.from({ length: atOnce }, work));
  session.close();
  return taken.reduce((sum, count) => sum + count, 0);
}

function inTurn(framed: readonly Buffer[]): () => Buffer {
  let sent = 0;
  return () => framed[sent++ % framed.length]!;
}

function exportOne(session: ClientHttp2Session, framed: Buffer): Promise<void> {
  const headers = { ":method": "POST", ":path": method, "content-type": "application/grpc", te: "trailers" };
  const stream = session.request(headers);
  return new Promise((resolve, reject) => {
    const judge = ({ "grpc-status": status }: { "grpc-status"?: unknown }) => {
      if (status === undefined) return;
      if (status === "0") resolve();
      else reject(new Error(`the call ended with status ${status}`));
    };
    stream.on("response", judge);
    stream.on("trailers", judge);
    stream.on("error", reject);
    stream.resume();
    stream.end(framed);
  });
}

function frame(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

import { type ClientHttp2Session, connect } from "node:http2";

const method = "/envoy.service.auth.v3.Authorization/Check";

/** How to ask. */
export interface Rate {
  readonly perSecond: number;
  readonly ms: number;
}

/**
 * Asks at a steady rate over one connection, whether or not answers keep up; gives how long each call took in milliseconds, from when it was
 * due: a server that stalls is charged for all who waited.
 */
export async function callAtRate(
  address: string,
  requests: readonly Uint8Array[],
  { perSecond, ms }: Rate,
): Promise<readonly number[]> {
  const session = connect(`http://${address}`);
  session.on("error", () => {}); // told by the calls
  const framed = requests.map(frame);
  const start = performance.now();
  const total = Math.floor((perSecond * ms) / 1000);
  const calls: Promise<number>[] = [];
  while (calls.length < total) {
    const due = Math.min(total, Math.floor(((performance.now() - start) * perSecond) / 1000));
    while (calls.length < due) {
      const dueAt = start + (calls.length * 1000) / perSecond;
      calls.push(callOne(session, framed[calls.length % framed.length] as Buffer, dueAt));
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const took = await Promise.all(calls);
  session.close();
  return took;
}

function callOne(session: ClientHttp2Session, framed: Buffer, dueAt: number): Promise<number> {
  const headers = {
    ...{ ":method": "POST", ":path": method, "content-type": "application/grpc", te: "trailers", "grpc-timeout": "9S" },
  };
  const stream = session.request(headers);
  return new Promise((resolve, reject) => {
    stream.on("trailers", ({ "grpc-status": status }) => {
      if (status === "0") resolve(performance.now() - dueAt);
      else reject(new Error(`the call ended with status ${status}`));
    });
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

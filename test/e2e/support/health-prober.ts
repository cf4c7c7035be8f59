import { type ClientHttp2Session, connect } from "node:http2";
import { parentPort, workerData } from "node:worker_threads";

/** What a prober saw until it was stopped. */
export interface HealthFigures {
  readonly answers: number;
  readonly failures: readonly string[];
  readonly slowestMs: number;
  readonly medianMs: number;
}

const { address, everyMs } = workerData as { address: string; everyMs: number };
const emptyMessage = Buffer.alloc(5);
const giveUpMs = 10_000;
const latencies: number[] = [];
const failures: string[] = [];
let running = true;
let session: ClientHttp2Session | undefined;

parentPort?.once("message", () => {
  running = false;
});

function check(): Promise<void> {
  if (session === undefined || session.closed || session.destroyed) {
    session = connect(`http://${address}`);
    session.on("error", () => {});
  }
  const started = performance.now();
  const headers = { ":method": "POST", ":path": "/grpc.health.v1.Health/Check" };
  const stream = session.request({ ...headers, "content-type": "application/grpc", te: "trailers" });
  return new Promise((resolve) => {
    let body = Buffer.alloc(0);
    const fail = (why: string) => {
      failures.push(why);
      resolve();
    };
    stream.setTimeout(giveUpMs, () => stream.close());
    stream.on("error", (error) => fail(error.message));
    stream.on("data", (chunk: Buffer) => {
      body = Buffer.concat([body, chunk]);
    });
    stream.on("close", () => {
      // A HealthCheckResponse with status SERVING: field 1, value 1.
      if (!body.equals(Buffer.from([0, 0, 0, 0, 2, 8, 1]))) return fail(`answer ${body.toString("hex")}`);
      latencies.push(performance.now() - started);
      resolve();
    });
    stream.end(emptyMessage);
  });
}

while (running) {
  await check();
  await new Promise((resolve) => setTimeout(resolve, everyMs));
}
session?.destroy();
latencies.sort((a, b) => a - b);
const figures: HealthFigures = {
  answers: latencies.length,
  failures,
  slowestMs: latencies.at(-1) ?? Number.NaN,
  medianMs: latencies[latencies.length >> 1] ?? Number.NaN,
};
parentPort?.postMessage(figures);

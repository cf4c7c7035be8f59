import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { connectGrpc } from "../support/grpc-client.ts";
import { callHeaders, connectHttp2, frame, frameType, headersFrame } from "../support/http2-frames.ts";

let server: ChildProcess;
let address: string;

beforeEach(async () => {
  const script = join(import.meta.dirname, "../support/grpc-process.ts");
  server = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(server.stdout!, "data")) as [Buffer];
  address = line.toString().trim();
});
afterEach(() => server.kill());

/** Built anew each time: that keeps the attacker about as slow as the server. */
function fiftyResets(packet: number): Buffer {
  const calls = Array.from({ length: 50 }, (_, at) => {
    const id = 2 * (50 * packet + at) + 1;
    const reset = frame(frameType.RST_STREAM, 0, id, Buffer.of(0, 0, 0, 8));
    return [headersFrame(id, callHeaders("/t.S/Sink")), reset];
  });
  return Buffer.concat(calls.flat());
}

// node aborts, when it collects garbage, over sessions that were closed from within their parser.
it("survives rapid resets by many that leave early", { timeout: 60_000 }, async () => {
  for (let round = 0; round < 100; round++) {
    const attacker = await connectHttp2(address);
    for (let packet = 0; packet < 40; packet++) await attacker.send(fiftyResets(packet));
    await Promise.race([attacker.closed, new Promise((resolve) => setTimeout(resolve, 20))]);
    attacker.destroy();
  }
  const honest = await connectGrpc(address);
  expect(await honest.unary("/grpc.health.v1.Health/Check", Buffer.of())).toMatchObject({ status: 0 });
  await honest.close();
  expect(server.exitCode).toBeNull();
  expect(server.signalCode).toBeNull();
});

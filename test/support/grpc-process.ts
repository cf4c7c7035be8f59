import { clientStreaming } from "../../collector/transport/grpc-method.ts";
import { createHealth } from "../../collector/transport/health.ts";
import { startGrpc } from "./grpc-server.ts";

// A server in a process of its own, to be attacked: a crash of node itself must not take the test with it.
// Prints its address and runs until it is killed.
const health = createHealth();
health.set("", "SERVING");
const sink = clientStreaming(() => ({ message() {}, end: () => Buffer.of() }));
const { address } = await startGrpc(new Map([...health.methods, ["/t.S/Sink", sink]]));
process.stdout.write(`${address}\n`);

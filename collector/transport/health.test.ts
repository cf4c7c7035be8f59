import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { afterEach, expect, it, vi } from "vitest";
import {
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus,
  HealthCheckResponseSchema,
} from "../../schemas/gen/grpc/health/v1/health_pb.js";
import { connectGrpc } from "../../test/support/grpc-client.ts";
import { startGrpc } from "../../test/support/grpc-server.ts";
import { createHealth } from "./health.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

async function start() {
  const health = createHealth();
  const { address, server, events } = await startGrpc(health.methods);
  const client = await connectGrpc(address);
  open.push(server, client);
  return { health, server, events, client };
}

const asked = (service: string) => toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service }));
const told = (bytes: Uint8Array) =>
  HealthCheckResponse_ServingStatus[fromBinary(HealthCheckResponseSchema, bytes).status];

it("tells the status of a service", async () => {
  const { health, client } = await start();
  health.set("", "SERVING");
  health.set("a.B", "NOT_SERVING");
  const method = "/grpc.health.v1.Health/Check";
  expect((await client.unary(method, asked(""))).messages.map(told)).toEqual(["SERVING"]);
  expect((await client.unary(method, asked("a.B"))).messages.map(told)).toEqual(["NOT_SERVING"]);
  expect(await client.unary(method, asked("a.C"))).toMatchObject({ status: 5, message: 'unknown service "a.C"' });
});

it("refuses what is no request", async () => {
  const { client, events } = await start();
  expect(await client.unary("/grpc.health.v1.Health/Check", Buffer.of(0x0a, 0xff))).toMatchObject({ status: 3 });
  expect(await client.unary("/grpc.health.v1.Health/Watch", Buffer.of(0x0a, 0xff))).toMatchObject({ status: 3 });
  expect(events.bugs).toEqual([]);
});

it("tells watchers of each change, until the server drains", async () => {
  const { health, server, client } = await start();
  const call = client.call("/grpc.health.v1.Health/Watch");
  call.send(asked("a.B"));
  await call.received(1);
  health.set("a.B", "SERVING");
  await call.received(2);
  health.set("a.B", "SERVING");
  health.set("other", "SERVING");
  health.set("a.B", "NOT_SERVING");
  await call.received(3);
  await server.drain(5000);
  const { messages, status } = await call.outcome;
  expect(messages.map(told)).toEqual(["SERVICE_UNKNOWN", "SERVING", "NOT_SERVING"]);
  expect(status).toBe(0);
});

it("forgets a watcher that has left", async () => {
  const { health, server, client } = await start();
  const call = client.call("/grpc.health.v1.Health/Watch");
  call.send(asked(""));
  await call.received(1);
  call.stream.destroy();
  await vi.waitFor(() => expect(server.live().calls).toBe(0));
  health.set("", "SERVING");
  expect((await client.unary("/grpc.health.v1.Health/Check", asked(""))).status).toBe(0);
});

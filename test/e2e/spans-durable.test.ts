import { afterEach, expect, test } from "vitest";
import { eachField } from "../../adapters/shared/otlp/wire-fields.ts";
import { connectGrpc } from "../support/grpc-client.ts";
import { startSpanBackend } from "../support/span-backend.ts";
import { freePorts, type Hub, startHub } from "./support/hub.ts";
import { measured } from "./support/needs.ts";
import { freePort } from "./support/prometheus.ts";
import { numberOf, requestNumber } from "./support/span-numbers.ts";
import { repeat } from "./support/traffic.ts";
import { pause, waitUntil } from "./support/wait.ts";

const spans = Number(process.env.MIXDOWN_SPANS ?? 1_000_000);
const perRequest = 100;
const requests = spans / perRequest;
const method = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
let hub: Hub;

afterEach(() => hub?.stop());

/** What came, by the number of its request; each piece must be as it was sent, byte for byte. */
class Tally {
  readonly counts = new Uint8Array(requests);
  arrived = 0;
  altered = 0;

  /** Each resource_spans field by itself: a request may hold several that came apart. */
  readonly take = (request: Uint8Array): void =>
    eachField(request, 0, request.length, ({ tagAt, end }) => this.#takePiece(request.subarray(tagAt, end)));

  #takePiece(piece: Uint8Array): void {
    const number = numberOf(piece);
    if (number >= requests || !requestNumber(number).equals(piece)) this.altered++;
    else if (this.counts[number]!++ === 0) this.arrived++;
  }

  get lost(): number {
    return this.counts.filter((count) => count === 0).length;
  }

  get again(): number {
    return this.counts.filter((count) => count > 1).length;
  }
}

test("a million spans in and out over gRPC, with the backend restarted twice: none lost, none altered", async () => {
  const tally = new Tally();
  const address = `127.0.0.1:${await freePort()}`;
  let backend = await startSpanBackend(address, tally.take);
  const traces = {
    adapter: "otlp",
    params: { endpoint: `http://${address}` },
    durable: true,
    retry: { initial: "50ms", max: "500ms" },
  };
  hub = await startHub({
    settings: {
      ...freePorts,
      handlers: { traces },
      rules: [
        { name: "traces", match: 'context.signal == "span"', actions: [{ handler: "traces", instances: ["spans"] }] },
      ],
    },
  });

  const started = performance.now();
  const connection = await connectGrpc(hub.listeners.grpc ?? "");
  const sending = repeat(requests, 8, async (number) => {
    const { status } = await connection.unary(method, requestNumber(number));
    expect(status).toBe(0);
  });
  for (const share of [1 / 3, 2 / 3]) {
    await waitUntil("a part to arrive", () => tally.arrived > share * requests, 120_000);
    await backend.stop();
    await pause(1_000);
    backend = await startSpanBackend(address, tally.take);
  }
  await sending;
  await waitUntil("all to arrive", () => tally.arrived === requests, 120_000);
  const seconds = (performance.now() - started) / 1000;
  measured("spans a second in and out, through the log on disk", (spans / seconds).toFixed(0));
  measured("requests that came twice over two restarts", String(tally.again));

  expect([tally.lost, tally.altered]).toEqual([0, 0]);
  expect(await hub.total("mixdown_handler_delivered_total", { handler: "traces" })).toBe(spans);
  expect(await hub.total("mixdown_handler_dropped_total", { handler: "traces" })).toBe(0);
  await connection.close();
  await backend.stop();
}, 400_000);

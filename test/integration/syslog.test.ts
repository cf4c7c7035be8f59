import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { openRunningHub, type RunningHub } from "../support/running-hub.ts";

let hub: RunningHub;

beforeAll(async () => {
  hub = await openRunningHub({
    udp: { address: "127.0.0.1:0", serves: ["syslog"], syslog: { maxMessageBytes: 1000 } },
    tcp: {
      address: "127.0.0.1:0",
      serves: ["syslog"],
      reporter: "inbound",
      syslog: {
        transport: "tcp",
        fields: { s: "response.code", took: "response.duration", "who.tenant": "tenant.id", h: "request.host" },
      },
    },
  });
});

afterAll(() => hub.close());

const portOf = (listener: string) => Number((hub.listeners[listener] ?? "").split(":")[1]);
const requests = (labels = {}) => hub.total("istio_requests_total", labels);
const errors = (reason: string) => hub.total("mixdown_decode_errors_total", { source: "syslog", reason });

async function datagrams(...texts: string[]): Promise<void> {
  const socket = createSocket("udp4");
  for (const text of texts)
    await new Promise<void>((resolve) => socket.send(text, portOf("udp"), "127.0.0.1", () => resolve()));
  socket.close();
}

describe("over UDP", () => {
  test("lines count, and what is none is counted by reason", async () => {
    await datagrams(
      '<190>Nov 23 09:22:48 edge nginx: {"status":"200","host":"a.example:80","upstream":"app","duration":"0.5"}',
      '<134>1 2026-11-23T09:22:48Z edge haproxy 1 - - {"status":503,"upstream":"app","duration_ms":"soon"}',
      "<134>haproxy: Server app/s1 is DOWN",
      '<190>nginx: {"status":"200","path":"/cut',
      `<190>nginx: {"path":"${"x".repeat(1000)}"}`,
    );
    await vi.waitFor(async () => expect(await hub.total("mixdown_messages_total", { source: "syslog" })).toBe(4));
    expect(await requests()).toBe(2);
    const nginx = {
      source_workload: "nginx",
      destination_service: "a.example",
      destination_service_name: "app",
      reporter: "source",
    };
    expect(await requests({ ...nginx, response_code: "200" })).toBe(1);
    expect(await requests({ source_workload: "haproxy", response_code: "503" })).toBe(1);
    expect(await hub.total("istio_request_duration_milliseconds_sum")).toBe(500);
    expect([
      await errors("message_no_json"),
      await errors("message_malformed_json"),
      await errors("value_response.duration"),
    ]).toEqual([1, 1, 1]);
    const outcome = (name: string) => hub.total("mixdown_records_total", { source: "syslog", outcome: name });
    expect([await outcome("matched"), await outcome("malformed")]).toEqual([2, 2]);
    expect(await hub.total("mixdown_protocol_errors_total", { listener: "udp", reason: "message-size" })).toBe(1);
  });
});

describe("over TCP", () => {
  test("with a field table of its own, and thousands of lines at once", async () => {
    const lines = Array.from(
      { length: 5000 },
      (_, n) => `<190>web: {"s":${n % 2 === 0 ? 200 : 404},"took":"1ms","who":{"tenant":${n}},"status":"500"}\n`,
    );
    await new Promise<void>((resolve, reject) => {
      const socket = connect(portOf("tcp"), "127.0.0.1", () => socket.end(lines.join("")));
      socket
        .on("error", reject)
        .on("close", () => resolve())
        .resume();
    });
    const mine = { reporter: "destination", destination_workload: "web" };
    await vi.waitFor(async () => expect(await requests(mine)).toBe(5000));
    expect(await requests({ ...mine, response_code: "404" })).toBe(2500);
    expect(await requests({ response_code: "500" })).toBe(0);
    expect(await hub.total("mixdown_connections", { listener: "tcp" })).toBe(0);
  });
});

import type { FastifyInstance } from "fastify";
import type { ListenerConfig } from "../../config/schema.ts";
import { MemoryLedger } from "../../transport/memory.ts";
import { mountPosts } from "../post-route.ts";
import { defineReceiver, type ReceiverHost } from "../receiver.ts";
import { takeReport } from "./take-report.ts";

const source = "report";
const path = "/v1/report";

/** Takes records by attribute name as JSON over HTTP: `POST /v1/report`. */
export const jsonReport = defineReceiver({
  type: "json-report",
  source,
  summary: "JSON over HTTP, POST /v1/report: attributes by name.",
  services: [],
  open: (host) => ({
    methods: () => new Map(),
    mount: (server, listener) => mountReport(server, listener, host),
  }),
});

function mountReport(server: FastifyInstance, { limits }: ListenerConfig, host: ReceiverHost): void {
  const body = { maxBytes: limits.maxMessageBytes, memory: new MemoryLedger(limits.maxBufferedBytes) };
  mountPosts(server, [{ path, take: (request) => takeReport(source, request, body, host) }]);
}

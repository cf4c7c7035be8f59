import { gunzipSync } from "node:zlib";
import { fromBinary } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { LogsDataSchema } from "../../schemas/gen/opentelemetry/proto/logs/v1/logs_pb.js";
import type { InstanceDeclaration } from "../../schemas/model/instance.ts";
import { startServer } from "../../test/support/http-server.ts";
import { startOtlpBackend } from "../../test/support/otlp-backend.ts";
import { isAggregator } from "../adapter.ts";
import { plainAttributes, plainValue } from "../shared/otlp/plain.fixture.ts";
import { fakeHost } from "../testing/fake-host.ts";
import { aLogEntry, anEdge } from "../testing/instances.ts";
import { otlpLogs } from "./index.ts";

const instances: InstanceDeclaration[] = [
  { name: "access", template: "logentry", variables: { "url.path": "STRING", "http.response.status_code": "INT64" } },
  { name: "graph", template: "edge" },
];

async function open(params: object) {
  const settings = otlpLogs.config.parse(params);
  expect(otlpLogs.validate?.(settings, instances)).toEqual([]);
  const outlet = await otlpLogs.open(settings, fakeHost(instances, { fetch }));
  if (isAggregator(outlet)) throw new Error("opened as an aggregator");
  return outlet;
}

const entry = aLogEntry("access", {
  variables: { "url.path": "/cart", "http.response.status_code": 503 },
  computed: { serviceName: "cart" },
});
const never = new AbortController().signal;

function readRequest(body: Uint8Array) {
  const { resourceLogs } = fromBinary(LogsDataSchema, body);
  return resourceLogs.map(({ resource, scopeLogs }) => ({
    resource: plainAttributes(resource!.attributes),
    records: scopeLogs[0]!.logRecords.map(({ eventName, attributes, body: text }) => ({
      eventName,
      body: plainValue(text),
      attributes: plainAttributes(attributes),
    })),
  }));
}

it("exports over gRPC", async () => {
  const backend = await startOtlpBackend();
  const outlet = await open({ endpoint: `http://${backend.address}`, resource: { zone: "a", "host.cpus": 4 } });
  expect(await outlet.deliver([entry, anEdge("graph")], never)).toEqual({ status: "delivered" });
  expect(readRequest(backend.received[0]!.body)).toEqual([
    {
      resource: { "service.name": "cart", zone: "a", "host.cpus": 4n },
      records: [
        {
          eventName: "access",
          body: undefined,
          attributes: { "url.path": "/cart", "http.response.status_code": 503n },
        },
      ],
    },
    {
      resource: { "service.name": "unknown_service", zone: "a", "host.cpus": 4n },
      records: [
        {
          eventName: "mixdown.edge",
          body: undefined,
          attributes: {
            "source.name": "web",
            "source.namespace": "shop",
            "destination.name": "cart",
            "destination.namespace": "shop",
            protocol: "http",
          },
        },
      ],
    },
  ]);
  await outlet.close();
});

it("exports over HTTP, with a line of text as the body", async () => {
  const backend = await startServer((_, response) => response.end());
  const line = { body: "text", line: "%RESPONSE_CODE% %url.path%" };
  const outlet = await open({ endpoint: backend.url, protocol: "http", ...line });
  expect(await outlet.deliver([entry], never)).toEqual({ status: "delivered" });
  expect(backend.received[0]!.path).toBe("/v1/logs");
  expect(readRequest(gunzipSync(backend.received[0]!.body))[0]!.records[0]!.body).toBe("503 /cart");
  await outlet.close();
});

it("counts as rejected what the backend says that it rejected", async () => {
  const backend = await startOtlpBackend();
  backend.answer = Uint8Array.of(10, 2, 8, 1);
  const outlet = await open({ endpoint: `http://${backend.address}` });
  expect(await outlet.deliver([entry, entry], never)).toMatchObject({ status: "partial", rejected: [1] });
  await outlet.close();
});

it("finds what is wrong with its settings before it opens", () => {
  const settings = otlpLogs.config.parse({ endpoint: "http://a:1/b", tls: {}, body: "text", line: "%url.pth%" });
  const problems = otlpLogs.validate?.(settings, instances) ?? [];
  expect(problems.map(({ path }) => path.join())).toEqual(["endpoint", "tls", "line"]);
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { documentedCode } from "../support/documents.ts";
import { type Envoy, startEnvoyWith } from "./support/envoy.ts";
import type { Json } from "./support/envoy-bootstrap.ts";
import { type Hub, startHub } from "./support/hub.ts";
import { portNumber, portOf } from "./support/lab.ts";
import { describeWith } from "./support/needs.ts";
import { http1Client } from "./support/traffic.ts";
import { waitUntil } from "./support/wait.ts";

const free = { socket_address: { address: "127.0.0.1", port_value: 0 } };

/** The block of the README that holds a text, with the hub's port instead of the default one. */
function snippet(holding: string, hubPort: number): Json {
  const found = documentedCode("yaml").find(
    ({ place, text }) => place.startsWith("README.md") && text.includes(holding),
  );
  if (found === undefined) throw new Error(`The README has no YAML with ${holding}`);
  return parse(found.text.replaceAll("4317", String(hubPort)));
}

function envoyOfTheReader(hubPort: number): Json {
  const { access_log } = snippet("access_log:", hubPort) as { access_log: Json };
  const clusters = snippet("load_assignment:", hubPort);
  const manager = {
    "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    stat_prefix: "reader",
    access_log,
    http_filters: [
      {
        name: "router",
        typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
      },
    ],
    route_config: {
      virtual_hosts: [
        { name: "all", domains: ["*"], routes: [{ match: { prefix: "/" }, direct_response: { status: 200 } }] },
      ],
    },
  };
  const filter = { name: "envoy.filters.network.http_connection_manager", typed_config: manager };
  return {
    node: { id: "reader-1", cluster: "reader" },
    admin: { address: free },
    static_resources: {
      listeners: [{ name: "http", address: free, filter_chains: [{ filters: [filter] }] }],
      clusters,
    },
  };
}

describeWith("envoy")("the README's minute", () => {
  let hub: Hub;
  let envoy: Envoy;

  beforeAll(async () => {
    hub = await startHub();
    envoy = await startEnvoyWith(envoyOfTheReader(portNumber(hub.listeners.grpc)));
  });

  afterAll(async () => {
    await envoy?.stop();
    await hub?.stop();
  });

  test("its Envoy snippets as they stand bring a request to /metrics", async () => {
    const client = http1Client(portOf(envoy, "http"));
    expect(await client.get("/")).toBe(200);
    client.close();
    await waitUntil("the request to count", async () => (await hub.total("istio_requests_total")) === 1);
    expect(await hub.total("istio_requests_total", { source_workload: "reader", response_code: "200" })).toBe(1);
  });
});

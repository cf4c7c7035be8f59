import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openRunningHub, type RunningHub } from "../support/running-hub.ts";
import { type Envoy, startEnvoyWith } from "./support/envoy.ts";
import type { Json } from "./support/envoy-bootstrap.ts";
import { temporaryFolder } from "./support/folder.ts";
import { describeWith } from "./support/needs.ts";

const rules = [
  {
    name: "per-tenant",
    match: 'context.signal == "limit" && ratelimit.domain == "rules" && "tenant" in ratelimit.descriptor',
    limit: { key: ['ratelimit.descriptor["tenant"]'], rate: "3/1h", algorithm: "fixed" },
    headers: { upstream: { set: { "x-limited-by": "hub" } } },
  },
];

const limits = `
domain: files
descriptors:
  - key: tenant
    rate_limit: { unit: hour, requests_per_unit: 2, name: hourly }
`;

const type = (name: string) => `type.googleapis.com/envoy.${name}`;
const address = (port: number) => ({ socket_address: { address: "127.0.0.1", port_value: port } });

/** One listener for each domain and failure mode, with the filter's own headers where the hub writes none. */
function listener(name: string, domain: string, more: object): Json {
  return {
    name,
    address: address(0),
    filter_chains: [
      {
        filters: [
          {
            name: "envoy.filters.network.http_connection_manager",
            typed_config: {
              "@type": type("extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"),
              stat_prefix: name,
              route_config: {
                virtual_hosts: [
                  {
                    name: "all",
                    domains: ["*"],
                    routes: [
                      {
                        match: { prefix: "/" },
                        route: {
                          cluster: "upstream",
                          rate_limits: [
                            { actions: [{ request_headers: { header_name: "x-tenant", descriptor_key: "tenant" } }] },
                          ],
                        },
                      },
                    ],
                  },
                ],
              },
              http_filters: [
                {
                  name: "envoy.filters.http.ratelimit",
                  typed_config: {
                    "@type": type("extensions.filters.http.ratelimit.v3.RateLimit"),
                    domain,
                    timeout: "2s",
                    rate_limit_service: {
                      transport_api_version: "V3",
                      grpc_service: { envoy_grpc: { cluster_name: "hub" } },
                    },
                    ...more,
                  },
                },
                {
                  name: "envoy.filters.http.router",
                  typed_config: { "@type": type("extensions.filters.http.router.v3.Router") },
                },
              ],
            },
          },
        ],
      },
    ],
  };
}

const cluster = (name: string, port: number, more: object = {}) => ({
  ...{ name, type: "STATIC", ...more },
  load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address: address(port) } }] }] },
});

const http2 = {
  typed_extension_protocol_options: {
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
      "@type": type("extensions.upstreams.http.v3.HttpProtocolOptions"),
      explicit_http_config: { http2_protocol_options: {} },
    },
  },
};

const portOf = (hostPort: string | undefined): number => Number(hostPort?.split(":").at(-1));

describeWith("envoy")("Envoy's rate limit filter", () => {
  const folder = temporaryFolder("limits");
  const seen: (string | undefined)[] = [];
  let upstream: Server;
  let hub: RunningHub;
  let envoy: Envoy;
  beforeAll(async () => {
    const file = join(folder.path, "limits.yaml");
    writeFileSync(file, limits);
    upstream = createServer((request, response) => {
      seen.push(request.headers["x-limited-by"] as string | undefined);
      response.end("hello");
    });
    await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
    const handlers = { limits: { adapter: "ratelimit", params: { files: file } } };
    hub = await openRunningHub({ grpc: { address: "127.0.0.1:0" } }, { rules, handlers });
    envoy = await startEnvoyWith(
      {
        admin: { address: address(0) },
        static_resources: {
          listeners: [
            listener("rules", "rules", {}),
            listener("files", "files", { enable_x_ratelimit_headers: "DRAFT_VERSION_03" }),
            listener("closed", "files", { failure_mode_deny: true }),
          ],
          clusters: [
            cluster("upstream", (upstream.address() as AddressInfo).port),
            cluster("hub", portOf(hub.listeners.grpc), http2),
          ],
        },
      } as Json,
      1,
    );
  });
  afterAll(async () => {
    await envoy?.stop();
    await hub?.close();
    upstream?.close();
    folder.remove();
  });

  const get = (name: string, tenant: string) =>
    fetch(`http://127.0.0.1:${envoy.ports[name]}/`, { headers: { "x-tenant": tenant } });

  it("lets through what the rules allow and answers 429 with the hub's headers beyond", async () => {
    const answers = [];
    for (let i = 0; i < 4; i++) answers.push(await get("rules", "a"));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    const [first, , , last] = answers;
    expect(first?.headers.get("x-ratelimit-remaining")).toBe("2");
    expect(last?.headers.get("x-ratelimit-limit")).toBe('3, 3;w=3600;name="per-tenant"');
    expect(Number(last?.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(last?.headers.get("x-envoy-ratelimited")).toBe("true");
    expect(seen.splice(0)).toEqual(["hub", "hub", "hub"]);
    expect((await get("rules", "b")).status).toBe(200);
  });

  it("gives Envoy what it needs for headers of its own", async () => {
    const answers = [];
    for (let i = 0; i < 3; i++) answers.push(await get("files", "a"));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    const [first] = answers;
    expect(first?.headers.get("x-ratelimit-limit")).toBe('2, 2;w=3600;name="hourly"');
    expect(first?.headers.get("x-ratelimit-remaining")).toBe("1");
    expect(Number(first?.headers.get("x-ratelimit-reset"))).toBeGreaterThan(0);
  });

  it("takes header values that are no UTF-8", async () => {
    const answer = await get("files", "caf\u00e9");
    expect([answer.status, answer.headers.get("x-ratelimit-remaining")]).toEqual([200, "1"]);
  });

  it("does as its failure mode says once the hub is gone", async () => {
    expect((await get("closed", "c")).status).toBe(200);
    await hub.close();
    expect([(await get("files", "c")).status, (await get("closed", "c")).status]).toEqual([200, 500]);
  });
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { root } from "../../support/documents.ts";
import { type Envoy, startEnvoyWith } from "./envoy.ts";
import type { Json } from "./envoy-bootstrap.ts";
import { temporaryFolder } from "./folder.ts";

/** Where the proxy asks and sends, as ports of loopback. */
export interface PolicyLabPorts {
  /** The hub's gRPC and HTTP listeners. */
  readonly grpc: number;
  readonly http: number;
  /** Upstreams. */
  readonly web: number;
  readonly echo: number;
}

/** Certificates of the proxy. */
export interface LabCertificates {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** One line of the proxy's own access log. */
export interface LogLine {
  readonly id: string;
  readonly path: string;
  readonly code: number;
  readonly details: string;
  readonly flags: string;
  readonly decision: { readonly [key: string]: Json } | null;
}

/** An Envoy of shared/envoy/bootstrap-policy.yaml that writes an access log of its own beside. */
export interface PolicyLab {
  readonly envoy: Envoy;
  log(): readonly LogLine[];
  stop(): Promise<void>;
}

const format = {
  id: "%REQ(X-REQUEST-ID)%",
  path: "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%",
  code: "%RESPONSE_CODE%",
  details: "%RESPONSE_CODE_DETAILS%",
  flags: "%RESPONSE_FLAGS%",
  decision: "%DYNAMIC_METADATA(envoy.filters.http.ext_authz)%",
};

/** How long the proxy waits for the hub: the machine may be busy. */
const patience = "2s";

/** Starts it on free ports. */
export async function startPolicyLab(ports: PolicyLabPorts, certificates: LabCertificates): Promise<PolicyLab> {
  const folder = temporaryFolder("policy-lab");
  const file = join(folder.path, "access.log");
  const { cert, key, ca } = certificates;
  const replaced = readFileSync(`${root}../shared/envoy/bootstrap-policy.yaml`, "utf8")
    .replace(/port_value: (\d+)/g, (_all, port) => `port_value: ${portFor(Number(port), ports)}`)
    .replace(/^( *)envoy_grpc: .*$/gm, `$&\n$1timeout: ${patience}`)
    .replaceAll("certs/server.pem", cert)
    .replaceAll("certs/server.key", key)
    .replaceAll("certs/ca.pem", ca);
  const envoy = await startEnvoyWith(withFileLog(parse(replaced), file), 1);
  return {
    envoy,
    log: () =>
      readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as LogLine),
    async stop() {
      await envoy.stop();
      folder.remove();
    },
  };
}

function portFor(port: number, { grpc, http, web, echo }: PolicyLabPorts): number {
  return { 20001: grpc, 20002: http, 20003: web, 20004: echo }[port] ?? 0;
}

/** Adds a logger to every list of HTTP loggers. */
function withFileLog(settings: Json, path: string): Json {
  if (Array.isArray(settings)) return settings.map((each: Json) => withFileLog(each, path));
  if (typeof settings !== "object" || settings === null) return settings;
  const logger = {
    name: "envoy.access_loggers.file",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
      path,
      log_format: { json_format: format },
    },
  };
  const members = Object.entries(settings as { [key: string]: Json }).map(([key, value]) => {
    const inner = withFileLog(value, path);
    const isHttp = key === "access_log" && "http_filters" in settings;
    return [key, isHttp ? [...(inner as Json[]), logger] : inner];
  });
  return Object.fromEntries(members);
}

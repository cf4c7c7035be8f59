import { parse } from "yaml";
import { z } from "zod";

const duration = z.string().regex(/^\d+s$/);

const healthcheck = z.strictObject({
  test: z.array(z.string()).min(2),
  interval: duration,
  timeout: duration,
  start_period: duration,
  retries: z.int().positive(),
});

const service = z.strictObject({
  image: z.string(),
  build: z.string().optional(),
  profiles: z.array(z.string()).optional(),
  entrypoint: z.array(z.string()).optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).optional(),
  user: z.string().optional(),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.strictObject({ condition: z.string() })).default({}),
  healthcheck: healthcheck.optional(),
  stop_grace_period: duration.optional(),
  restart: z.string().optional(),
  read_only: z.boolean().optional(),
  cap_drop: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
  tmpfs: z.array(z.string()).optional(),
});

const compose = z.strictObject({
  name: z.string(),
  services: z.record(z.string(), service),
  volumes: z.record(z.string(), z.null()),
});

/** The part of a Compose file that ours uses; a key beside it is a typing error or needs a check of its own. */
export type Compose = z.output<typeof compose>;
/** One service of a Compose file. */
export type Service = Compose["services"][string];

/** Reads a Compose file; throws on keys and types that it may not have. Extensions (`x-...`) are only for anchors. */
export function parseCompose(text: string): Compose {
  const entries = Object.entries<unknown>(parse(text, { merge: true }));
  return compose.parse(Object.fromEntries(entries.filter(([key]) => !key.startsWith("x-"))));
}

/** A port as it is published. */
export interface PublishedPort {
  readonly host: string;
  readonly port: number;
  readonly inside: number;
}

/** The published ports of a service, each written as `host:port:port`. */
export function portsOf({ ports }: Service): PublishedPort[] {
  return ports.map((text) => {
    const [, host = "", port, inside] = /^([\d.]+):(\d+):(\d+)$/.exec(text) ?? [];
    return { host, port: Number(port), inside: Number(inside) };
  });
}

/** What a service has mounted. */
export interface Mount {
  /** A path that starts with `./`, else the name of a volume. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** The mounts of a service, each written as `source:target` with `:ro` behind it where that is meant. */
export function mountsOf({ volumes }: Service): Mount[] {
  return volumes.map((text) => {
    const [source = "", target = "", mode] = text.split(":");
    return { source, target, readOnly: mode === "ro" };
  });
}

/** Every `socket_address` of an Envoy configuration, "host:port", by where it is used. */
export function socketAddresses(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(socketAddresses);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "socket_address" ? [`${inner.address}:${inner.port_value}`] : socketAddresses(inner),
  );
}

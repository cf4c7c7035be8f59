import { z } from "zod";
import type { ConfigProblem } from "../../adapter.ts";
import { httpCompression, httpHeaders, httpUrl } from "../http-settings.ts";
import { tlsProblems, tlsSettings } from "../tls-settings.ts";

/** Settings of every adapter that exports OTLP, to be spread into its schema. */
export const otlpSettings = {
  endpoint: httpUrl(
    "Where to export to, such as http://collector:4317, or :4318 with protocol: http, where v1/<signal> is added to its path. https is TLS.",
  ),
  protocol: z.enum(["grpc", "http"]).default("grpc").describe("OTLP over gRPC, or over HTTP with protobuf bodies."),
  compression: httpCompression("gzip"),
  headers: httpHeaders,
  tls: tlsSettings.optional(),
};

/** The schema of an adapter that has no other settings. */
export const otlpSettingsSchema = z.strictObject(otlpSettings);
/** Checked settings of an OTLP exporter. */
export type OtlpSettings = z.output<typeof otlpSettingsSchema>;

const mebibyte = 1_048_576;
/** Left free in a request for resources and framing. */
const frameBytes = 262_144;

/**
 * What one request may hold: most gRPC servers take 4 MiB unless told otherwise, and over HTTP the OpenTelemetry Collector
 * takes 20 MiB.
 */
export function otlpLimits({ protocol }: Pick<OtlpSettings, "protocol">): { readonly maxBytes: number } {
  return { maxBytes: (protocol === "grpc" ? 4 : 20) * mebibyte - frameBytes };
}

/** What is wrong with settings that are each right. */
export function otlpProblems({ endpoint, protocol, tls }: OtlpSettings): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  if (protocol === "grpc" && new URL(endpoint).pathname !== "/")
    problems.push({
      path: ["endpoint"],
      message: "gRPC has no path in its endpoint; remove it, or set protocol: http",
    });
  return [...problems, ...tlsProblems(endpoint, tls)];
}

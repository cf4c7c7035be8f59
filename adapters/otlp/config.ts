import { z } from "zod";
import { httpCompression, httpUrl } from "../shared/http-settings.ts";
import { type OtlpSettings, otlpSettings } from "../shared/otlp/settings.ts";

const { headers, tls } = otlpSettings;
const url = httpUrl("Where to send spans, such as http://tempo:4317, or :4318 with protocol: http. https is TLS.");

/** Settings of the OTLP span exporter. */
export const config = z.strictObject({
  endpoint: url.optional(),
  endpoints: z
    .array(url)
    .min(1)
    .optional()
    .describe("Several, in place of one: all spans of a trace go to the same, and to another while that one is down."),
  protocol: z
    .enum(["grpc", "http", "http/protobuf"])
    .default("grpc")
    .describe("OTLP over gRPC, or over HTTP with protobuf bodies, which OpenTelemetry's SDKs call http/protobuf."),
  compression: httpCompression("none"),
  headers,
  tls,
  resource: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .default({})
    .describe("Attributes of the resource of spans that rules make (tracespan); relayed spans keep theirs."),
});

/** Checked settings with the defaults filled in. */
export type OtlpConfig = z.output<typeof config>;

/** Settings of a client for one of the endpoints. */
export function toOtlpSettings(settings: OtlpConfig, endpoint: string): OtlpSettings {
  return { ...settings, endpoint, protocol: settings.protocol === "grpc" ? "grpc" : "http" };
}

/** Where spans go. */
export function endpointsOf({ endpoint, endpoints = [] }: OtlpConfig): readonly string[] {
  return endpoint === undefined ? endpoints : [endpoint, ...endpoints];
}

import type { ValueType } from "../model/value.ts";

/**
 * One attribute of the vocabulary: what it is called, what it holds, and where each source carries it.
 * Decoders, type checks, documentation and the OTLP mapping derive from these entries. A source that is not named
 * leaves the attribute absent.
 */
export interface Attribute {
  readonly name: string;
  readonly type: ValueType;
  readonly meaning: string;
  /** Set on names that Mixer did not have. */
  readonly ours?: true;
  /** Name in OpenTelemetry's semantic conventions, where one exists. */
  readonly otel?: string;
  /** Where Envoy's gRPC access log (envoy.data.accesslog.v3) carries it. */
  readonly accessLog?: string;
  /** Where an authorization check (envoy.service.auth.v3) carries it. */
  readonly check?: string;
  /** Where a rate limit request (envoy.service.ratelimit.v3) carries it. */
  readonly limit?: string;
  /** Attribute keys of an OTLP span that carry it; the first that is there counts, so newer names come first. */
  readonly span?: readonly string[];
  /** What else of a span it is made of, where keys alone do not say it. */
  readonly spanField?: string;
  /** Where a metric of OTLP carries it. */
  readonly metric?: string;
  /** How it follows from the two spans of a call. */
  readonly call?: string;
}

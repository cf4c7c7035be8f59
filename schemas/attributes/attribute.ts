import type { ValueType } from "../model/value.ts";

/** One attribute of the vocabulary: what it is called, what it holds, and where each source carries it. */
export interface Attribute {
  readonly name: string;
  readonly type: ValueType;
  readonly meaning: string;
  /** Name in OpenTelemetry's semantic conventions, where one exists. */
  readonly otel?: string;
  /** Where Envoy's gRPC access log carries it. */
  readonly accessLog?: string;
}

import type { AnyValue, KeyValue } from "../../../schemas/gen/opentelemetry/proto/common/v1/common_pb.js";

/** An AnyValue as a plain value: int as bigint, double as number, a list of pairs as an object. */
export function plainValue(value: AnyValue | undefined): unknown {
  const { value: held, case: kind } = value?.value ?? {};
  return kind === "kvlistValue" ? plainAttributes(held!.values) : held;
}

/** Attributes as an object. */
export function plainAttributes(attributes: readonly KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plainValue(value)]));
}

const unitMs = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 } as const;

/**
 * Milliseconds of a grpc-timeout: one to eight digits and one of H M S m u n. Undefined if it is malformed
 * (gRPC over HTTP/2, Timeout).
 */
export function parseTimeout(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(text) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  return Number(digits) * unitMs[unit as keyof typeof unitMs];
}

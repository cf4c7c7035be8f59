import type { HealthLimits } from "../../config/stats-schema.ts";
import { hasTcpFailure, isGrpcError, isServerError, isUnanswered } from "../outcome.ts";
import { defaultHealth, type HealthRule, type HealthSettings } from "./health.ts";
import type { ProtocolOutcome } from "./total.ts";

type ConfiguredRule = HealthLimits["rules"][number];
type Match = Pick<HealthRule, "protocols" | "matches">;

/** Health as users set it: their rules first, then the built-in ones. */
export function toHealthSettings({ rules, durations, fewRequests }: HealthLimits): HealthSettings {
  return {
    rules: [...rules.map(toRule), ...defaultHealth.rules],
    durations: durations.map(({ service, namespace, percentile, limitMs }) => ({
      percent: percentile,
      limitMs,
      name: service,
      namespace,
    })),
    few: fewRequests,
  };
}

function toRule({ codes, service, namespace, direction, degraded, failing }: ConfiguredRule): HealthRule {
  return { reason: codes, ...toMatch(codes), degraded, failing, name: service, namespace, direction };
}

function toMatch(codes: string): Match {
  if (codes === "none") return { protocols: ["http", "grpc"], matches: isUnanswered };
  if (codes === "tcp") return { protocols: ["tcp"], matches: ({ flags }) => hasTcpFailure(flags) };
  if (codes.startsWith("grpc:")) return { protocols: ["grpc"], matches: grpcMatch(codes.slice("grpc:".length)) };
  const pattern = new RegExp(`^${codes.replaceAll("x", "[0-9]")}$`);
  return { protocols: ["http"], matches: ({ code }) => pattern.test(String(code)) };
}

function grpcMatch(status: string): (outcome: ProtocolOutcome) => boolean {
  if (status === "server") return ({ grpcStatus }) => isServerError(grpcStatus);
  if (status === "error") return ({ grpcStatus }) => isGrpcError(grpcStatus);
  return ({ grpcStatus }) => grpcStatus === status;
}

import { hasTcpFailure, isGrpcError, isServerError, isUnanswered } from "../outcome.ts";
import { type Health, healthStates } from "./query.ts";
import type { ProtocolOutcome, Total } from "./total.ts";

/** Whose traffic is judged. */
export interface HealthSubject {
  readonly name: string;
  readonly namespace: string | null;
  readonly direction: "inbound" | "outbound";
}

/** One rule: which outcomes it is about, how many of them are too many, and for whom it holds (all, where nothing is said). */
export interface HealthRule {
  /** What `health.reason` says. */
  readonly reason: string;
  readonly protocols: readonly string[];
  readonly matches: (outcome: ProtocolOutcome) => boolean;
  /** Share from which it is degraded; 0 means any at all. */
  readonly degraded: number;
  readonly failing: number;
  readonly name?: string;
  readonly namespace?: string;
  readonly direction?: HealthSubject["direction"];
}

/** A limit on a quantile of durations, in milliseconds: degraded above it, failing above twice that. */
export interface DurationLimit {
  readonly percent: 95 | 99;
  readonly limitMs: number;
  readonly name?: string;
  readonly namespace?: string;
}

/** How health is judged. */
export interface HealthSettings {
  /** The first rule that is about an outcome counts it. */
  readonly rules: readonly HealthRule[];
  readonly durations: readonly DurationLimit[];
  /** Fewer requests than this are too few to tell. */
  readonly few: number;
}

const isStatus = (from: number) => (outcome: ProtocolOutcome) => outcome.code >= from && outcome.code < from + 100;
const webProtocols = ["http", "grpc"];

/** A gRPC call that fails before gRPC answers has only an HTTP status. */
const isGrpcServerError = (outcome: ProtocolOutcome) =>
  isServerError(outcome.grpcStatus) || (outcome.grpcStatus === undefined && isStatus(500)(outcome));

/** The rules of the design page: Kiali's defaults for HTTP and missing answers, ours for gRPC and TCP. */
export const defaultHealth: HealthSettings = {
  rules: [
    { reason: "no response", protocols: webProtocols, matches: isUnanswered, degraded: 0, failing: 0.1 },
    { reason: "5xx", protocols: ["http"], matches: isStatus(500), degraded: 0, failing: 0.1 },
    { reason: "4xx", protocols: ["http"], matches: isStatus(400), degraded: 0.1, failing: 0.2 },
    { reason: "grpc server error", protocols: ["grpc"], matches: isGrpcServerError, degraded: 0, failing: 0.1 },
    {
      reason: "grpc error",
      protocols: ["grpc"],
      matches: ({ grpcStatus }) => isGrpcError(grpcStatus),
      degraded: 0.1,
      failing: 0.2,
    },
    {
      reason: "tcp failure",
      protocols: ["tcp"],
      matches: ({ flags }) => hasTcpFailure(flags),
      degraded: 0,
      failing: 0.1,
    },
  ],
  durations: [],
  few: 10,
};

type Finding = Pick<Health, "status" | "reason" | "ratio" | "limit">;

const rankOf = ({ status }: { readonly status: Health["status"] }) => healthStates.indexOf(status);
const amountOf = ({ protocol, requests, connections }: ProtocolOutcome) =>
  protocol === "tcp" ? connections : requests;
/** What says no protocol is judged as HTTP. */
const protocolOf = ({ protocol }: ProtocolOutcome) => (protocol === "grpc" || protocol === "tcp" ? protocol : "http");

/** Judges the traffic of one direction. */
export function healthOf(total: Total | undefined, subject: HealthSubject, settings: HealthSettings): Health {
  const outcomes = total?.outcomes() ?? [];
  const looked = outcomes.reduce((sum, outcome) => sum + amountOf(outcome), 0);
  const isSeen = total !== undefined && total.firstSeen !== Number.POSITIVE_INFINITY;
  if (total === undefined || looked === 0) return { ...quiet(total, isSeen), requests: 0, few: false };
  const found = [...countFindings(outcomes, subject, settings), ...durationFindings(total, subject, settings)];
  const worst = found.sort((a, b) => rankOf(a) - rankOf(b) || (b.ratio ?? 0) - (a.ratio ?? 0))[0];
  return { ...(worst ?? calm("healthy")), requests: looked, few: looked < settings.few };
}

/** The worse of two judgements, the first where they are alike; no judgement where one has none. */
export function worseOf(a: Health, b: Health): Health {
  return rankOf(b) < rankOf(a) ? b : a;
}

const calm = (status: Health["status"]): Finding => ({ status, reason: null, ratio: null, limit: null });

/** Open connections without an end say nothing of failures, but they are traffic. */
const quiet = (total: Total | undefined, isSeen: boolean): Finding =>
  calm(total?.hasTraffic === true ? "healthy" : isSeen ? "idle" : "unknown");

function countFindings(
  outcomes: readonly ProtocolOutcome[],
  subject: HealthSubject,
  { rules }: HealthSettings,
): Finding[] {
  const applying = rules.filter((rule) => appliesTo(rule, subject));
  const counts = new Map<HealthRule, number>();
  const totals = new Map<string, number>();
  for (const outcome of outcomes) {
    const protocol = protocolOf(outcome);
    totals.set(protocol, (totals.get(protocol) ?? 0) + amountOf(outcome));
    const rule = applying.find(({ protocols, matches }) => protocols.includes(protocol) && matches(outcome));
    if (rule !== undefined) counts.set(rule, (counts.get(rule) ?? 0) + amountOf(outcome));
  }
  return applying.flatMap((rule) => {
    const count = counts.get(rule) ?? 0;
    return count === 0 ? [] : judge(rule, count / sumOf(rule.protocols, totals));
  });
}

const sumOf = (protocols: readonly string[], totals: ReadonlyMap<string, number>) =>
  protocols.reduce((sum, protocol) => sum + (totals.get(protocol) ?? 0), 0);

function judge({ reason, degraded, failing }: HealthRule, ratio: number): Finding[] {
  if (ratio >= failing) return [{ status: "failing", reason, ratio, limit: failing }];
  const isDegraded = degraded === 0 ? ratio > 0 : ratio >= degraded;
  return isDegraded ? [{ status: "degraded", reason, ratio, limit: degraded }] : [];
}

function durationFindings(total: Total, subject: HealthSubject, { durations }: HealthSettings): Finding[] {
  return durations.flatMap((limit) => {
    const value = appliesTo(limit, subject) ? (total.sketch().quantile(limit.percent) ?? 0) / 1e6 : 0;
    if (value <= limit.limitMs) return [];
    const status = value > limit.limitMs * 2 ? "failing" : "degraded";
    return [{ status, reason: `p${limit.percent}`, ratio: value, limit: limit.limitMs }];
  });
}

function appliesTo(rule: Partial<HealthSubject>, subject: HealthSubject): boolean {
  const fits = <T>(wanted: T | undefined, found: T) => wanted === undefined || wanted === found;
  return (
    fits(rule.name, subject.name) && fits(rule.namespace, subject.namespace) && fits(rule.direction, subject.direction)
  );
}

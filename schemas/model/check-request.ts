import type { Json } from "./access-log.ts";
import type { RateLimitAnswer, RateLimitDescriptor, RateLimitRequest } from "./rate-limit.ts";
import type { RecordProblem } from "./raw-record.ts";
import type { TracedWork } from "./traced-work.ts";
import type { Int64, Timestamp } from "./value.ts";
import type { Verdict } from "./verdict.ts";

/** A request to decide on, as its source wrote it. */
export interface ReportedCheck {
  readonly kind: "report";
  /** Attributes by name. */
  readonly value: Json;
}

/** What a listener's settings say about checks that come in on it. */
export interface CheckListener {
  /** Which side asks. */
  readonly reporter: "inbound" | "outbound";
  /** How many proxies in front of the asking one may be believed what they wrote into x-forwarded-for, as Envoy's xff_num_trusted_hops. */
  readonly trustedHops: number;
}

/**
 * A request to decide on, as a proxy describes it, in the terms of Envoy's AttributeContext; undefined where it does not say, and for maps without entries.
 * Implementations may decode lazily: one is valid until its verdict is given.
 */
export interface ProxiedCheck {
  readonly kind: "ext_authz";
  readonly listener: CheckListener;
  /** False for a connection of which no request was read. */
  readonly isHttp: boolean;
  readonly sourceIp: string | undefined;
  /** Name in the certificate; empty where the proxy tells that there is none. */
  readonly sourcePrincipal: string | undefined;
  /** What the caller calls itself. */
  readonly sourceService: string | undefined;
  readonly destinationIp: string | undefined;
  readonly destinationPort: number | undefined;
  readonly destinationPrincipal: string | undefined;
  readonly destinationLabels: ReadonlyMap<string, string> | undefined;
  readonly time: Timestamp | undefined;
  readonly id: string | undefined;
  readonly method: string | undefined;
  /** Names in lower case, values of a repeated one joined by commas. */
  readonly headers: ReadonlyMap<string, string> | undefined;
  /** One of them: cheaper where few are looked for. */
  header(name: string): string | undefined;
  /** With query. */
  readonly path: string | undefined;
  readonly host: string | undefined;
  readonly scheme: string | undefined;
  /** Only where the proxy sends bodies. */
  readonly size: Int64 | undefined;
  /** Such as `HTTP/1.1`. */
  readonly protocol: string | undefined;
  readonly extensions: ReadonlyMap<string, string> | undefined;
  readonly sni: string | undefined;
  /** Dynamic metadata of one filter. */
  filterMetadata(filter: string): { readonly [key: string]: Json } | undefined;
  /** All of it as `{ "attributes": ... }`, as in opa-envoy's input document. */
  raw(): Json;
}

/** One descriptor of a rate limit request. */
export interface DescriptorCheck {
  readonly kind: "limit";
  readonly domain: string;
  readonly descriptor: RateLimitDescriptor;
}

/** A request to decide on, in the form of any front. */
export type RawCheck = ReportedCheck | ProxiedCheck | DescriptorCheck;

/** What a front asks, and how. */
export interface CheckCall {
  readonly check: RawCheck;
  /** What holds where no rule decides: the listener says. */
  readonly byDefault: "allow" | "deny";
  /** How long the asker waits at the most, in milliseconds. */
  readonly waitsMs: number;
  /** The traceparent header of the call itself, where it has one. */
  readonly traceparent?: string | undefined;
  /** The call as it is traced; set by the hub. */
  readonly work?: TracedWork | undefined;
}

/** What became of a question: the verdict, or why it is none. */
export type CheckReceipt = { readonly verdict: Verdict } | { readonly problem: RecordProblem };

/** What a front asks about limits, and how. */
export interface LimitCall {
  readonly request: RateLimitRequest;
  /** Whether the client is told of limits in headers; the proxy may do that itself. */
  readonly tellsClient: boolean;
  /** How long the asker waits at the most, in milliseconds. */
  readonly waitsMs: number;
  /** The traceparent header of the call itself, where it has one. */
  readonly traceparent?: string | undefined;
  /** The call as it is traced; set by the hub. */
  readonly work?: TracedWork | undefined;
}

/** What became of a question about limits: the answer, or why there is none. */
export type LimitReceipt = { readonly answer: RateLimitAnswer } | { readonly failure: string };

const serverErrors: ReadonlySet<string> = new Set(["2", "4", "8", "12", "13", "14", "15"]);
const unreachedFlags: ReadonlySet<string> = new Set(["UF", "UH", "UO", "NR", "NC", "RL", "UAEX", "FI"]);
const tcpFailures: ReadonlySet<string> = new Set(["UF", "UH", "UO", "URX", "NR"]);

const anyOf = (flags: string | undefined, wanted: (flag: string) => boolean) => flags?.split(",").some(wanted) ?? false;

/** Whether a gRPC status (decimal) is one that HTTP semantics call a server error: 2, 4, 8, 12, 13, 14, 15. */
export const isServerError = (grpcStatus: string | undefined): boolean =>
  grpcStatus !== undefined && serverErrors.has(grpcStatus);

/** Whether a gRPC status is any error, as opposed to OK or none. */
export const isGrpcError = (grpcStatus: string | undefined): boolean => grpcStatus !== undefined && grpcStatus !== "0";

/** Whether flags (comma separated) hold one that is not the client's doing: any but DC. */
export const hasFailureFlag = (flags: string | undefined): boolean =>
  anyOf(flags, (flag) => flag !== "DC" && flag !== "");

/** Whether flags say that the request never reached a server. */
export const hasUnreachedFlag = (flags: string | undefined): boolean =>
  anyOf(flags, (flag) => unreachedFlags.has(flag));

/** Whether flags say that the upstream of a TCP connection failed: UF, UH, UO, URX or NR. */
export const hasTcpFailure = (flags: string | undefined): boolean => anyOf(flags, (flag) => tcpFailures.has(flag));

/** How a request ended: HTTP status (0: none), gRPC status, response flags. */
export interface Outcome {
  readonly code: number;
  readonly grpcStatus: string | undefined;
  readonly flags: string | undefined;
}

/** No response at all, and not because the client left. */
export const isUnanswered = ({ code, grpcStatus, flags }: Outcome): boolean =>
  code === 0 && grpcStatus === undefined && hasFailureFlag(flags);

/** Whether a request counts as an error, as DESIGN 5 defines it. */
export const isError = (outcome: Outcome): boolean =>
  (outcome.code >= 500 && outcome.code <= 599) || isServerError(outcome.grpcStatus) || isUnanswered(outcome);

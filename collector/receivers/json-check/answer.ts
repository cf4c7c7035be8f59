import type { HeaderChange, Verdict } from "../../../schemas/model/verdict.ts";

/** A verdict as JSON: HTTP 200 whatever it is; `code` is the gRPC code, `httpStatus` what the client is to get. */
export interface CheckAnswer {
  readonly allowed: boolean;
  readonly code: number;
  readonly httpStatus: number;
  readonly message: string;
  readonly body?: string;
  /** The rule that decided; empty if none did. */
  readonly rule: string;
  readonly decisionId: string;
  /** Headers of the request where it is allowed, of the answer to the client where it is not; the last of a name counts. */
  readonly headers: Readonly<Record<string, string>>;
  readonly quotas: Readonly<
    Record<string, { readonly granted: boolean; readonly remaining: number; readonly resetMs: number }>
  >;
}

/** Brings a verdict into the form of `POST /v1/check`. */
export function toAnswer({ allowed, denial, rule, id, changes, limits }: Verdict): CheckAnswer {
  return {
    allowed,
    code: denial?.code ?? 0,
    httpStatus: denial?.status ?? 200,
    message: denial?.message ?? "",
    ...(denial?.body === undefined ? {} : { body: denial.body }),
    rule,
    decisionId: id,
    headers: byName((allowed ? changes.upstream : changes.client) ?? []),
    quotas: Object.fromEntries(
      limits.map(({ rule: name, exceeded, remaining, resetMs }) => [
        name,
        { granted: !exceeded, remaining, resetMs: Math.ceil(resetMs) },
      ]),
    ),
  };
}

const byName = (changes: readonly HeaderChange[]): Record<string, string> =>
  Object.fromEntries(changes.flatMap((change) => (change.action === "remove" ? [] : [[change.name, change.value]])));

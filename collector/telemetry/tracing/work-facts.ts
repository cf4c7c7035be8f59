import type { CheckReceipt, LimitCall, LimitReceipt } from "../../../schemas/model/check-request.ts";
import type { Receipt } from "../../../schemas/model/receipt.ts";
import type { WorkOutcome } from "../../../schemas/model/traced-work.ts";
import type { Verdict } from "../../../schemas/model/verdict.ts";

/** What checks are called, by how they are asked for. */
export const checkNames = { ext_authz: "check ext_authz", report: "check json", limit: "check limit" } as const;

/** Of a batch that came in. */
export function batchOutcome(source: string, { accepted, malformed }: Receipt): WorkOutcome {
  return { facts: { "mixdown.source": source, "mixdown.records": accepted, "mixdown.malformed": malformed } };
}

/** Of a check: the verdict, and whether a rule could not be evaluated. */
export function checkOutcome(receipt: CheckReceipt): WorkOutcome {
  return "problem" in receipt ? { facts: {}, error: receipt.problem.reason } : verdictOutcome(receipt.verdict);
}

function verdictOutcome({ id, rule, revision, allowed, cache, denial, shadow, reasons }: Verdict): WorkOutcome {
  const facts = {
    ...{ "check.id": id, "check.rule": rule, "check.revision": revision },
    ...{ "check.allowed": allowed, "check.cache": cache, "check.error_code": denial?.code ?? 0 },
    ...(shadow === undefined ? {} : { "check.shadow": shadow.rule }),
  };
  const error = reasons.some(({ outcome }) => outcome === "error") ? "rule_error" : undefined;
  return { facts, error };
}

/** Of a rate limit request. */
export function limitOutcome({ domain, descriptors }: LimitCall["request"], receipt: LimitReceipt): WorkOutcome {
  const facts = { "ratelimit.domain": domain, "mixdown.descriptors": descriptors.length };
  return "failure" in receipt
    ? { facts, error: "no_answer" }
    : { facts: { ...facts, "check.allowed": !receipt.answer.overLimit } };
}

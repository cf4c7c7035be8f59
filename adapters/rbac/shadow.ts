import type { Answer } from "../checker.ts";

/** What policies that are not enforced have to say. */
export interface ShadowVerdict {
  readonly denied: ShadowFinding;
  readonly allowed: ShadowFinding;
  readonly audit: ShadowFinding;
}

/** Whether any such policy is for the workload, and the rule that matches. */
interface ShadowFinding {
  readonly applies: boolean;
  readonly match: { readonly id: string } | undefined;
}

const pass: Answer = { verdict: "pass" };

/** Lets a request pass, and tells what would become of it under the policies of a dry run, by the names that Envoy uses. */
export function shadowAnswer({ denied, allowed, audit }: ShadowVerdict): Answer {
  if (!denied.applies && !allowed.applies && audit.match === undefined) return pass;
  const metadata = {
    ...tell("istio_dry_run_deny_", denied, "denied", "allowed"),
    ...tell("istio_dry_run_allow_", allowed, "allowed", "denied"),
    ...(audit.match && { access_log_hint: true, rbac_audit_policy: audit.match.id }),
  };
  const attributes = denied.applies || allowed.applies ? { attributes: attributesOf(denied, allowed) } : {};
  return { verdict: "pass", changes: { metadata }, ...attributes };
}

function tell(prefix: string, { applies, match }: ShadowFinding, matching: string, other: string) {
  if (!applies) return {};
  return {
    [`${prefix}shadow_engine_result`]: match === undefined ? other : matching,
    ...(match && { [`${prefix}shadow_effective_policy_id`]: match.id }),
  };
}

/** The same as attributes, for the rules that follow and for records. */
function attributesOf(denied: ShadowFinding, allowed: ShadowFinding) {
  const isDenied = denied.match !== undefined || (allowed.applies && allowed.match === undefined);
  const id = denied.match?.id ?? allowed.match?.id;
  return {
    "rbac.permissive.response_code": isDenied ? "403" : "200",
    ...(id !== undefined && { "rbac.permissive.effective_policy_id": id }),
  };
}

import type { Answer } from "../checker.ts";
import type { Call } from "./call.ts";
import type { CompiledPolicy } from "./compile.ts";
import type { RbacConfig } from "./config.ts";
import type { PolicyIndex, Scope } from "./policy-index.ts";
import { type ShadowVerdict, shadowAnswer } from "./shadow.ts";
import type { Workload } from "./workload.ts";

/** A rule that matched. */
interface Match {
  readonly policy: CompiledPolicy;
  readonly id: string;
}

/** What the policies of one kind have to say to a request. */
interface Finding {
  /** Whether any of them is for the workload. */
  readonly applies: boolean;
  readonly match: Match | undefined;
}

/** A selector cannot be compared: nothing tells the labels of the workload. */
class LabelsUnknown extends Error {}

/**
 * Decides in the order of Istio: CUSTOM, DENY, ALLOW. Without any ALLOW policy for the workload everything else is allowed, with one only what
 * it names.
 */
export function createDecision(
  index: PolicyIndex,
  providers: RbacConfig["providers"],
): (call: Call, workload: Workload) => Answer {
  return (call, workload) => {
    const scopes = index.scopesOf(workload);
    const find = (kind: keyof Scope) => findMatch(scopes, kind, call, workload);
    try {
      const refusal = customRefusal(scopes, call, workload, providers);
      if (refusal !== undefined) return deny(refusal.id, refusal.reason);
      const shadow: ShadowVerdict = { denied: find("shadowDeny"), allowed: find("shadowAllow"), audit: find("audit") };
      const { match: denied } = find("deny");
      if (denied !== undefined) return deny(denied.id, "a DENY rule matches");
      const allowed = find("allow");
      if (!allowed.applies || allowed.match !== undefined) return shadowAnswer(shadow);
      return deny("none", "no ALLOW rule matches");
    } catch (error) {
      if (!(error instanceof LabelsUnknown)) throw error;
      const reason = `the labels of the called workload in ${workload.namespace} are not known: ${error.message} selects by them`;
      return { verdict: "error", reason };
    }
  };
}

/** The refusal of Envoy, with the cause where only the proxy sees it. */
function deny(policy: string, reason: string): Answer {
  return {
    verdict: "deny",
    denial: { status: 403, code: 7, message: "RBAC: access denied" },
    changes: { metadata: { rbac_policy: policy, rbac_reason: reason } },
  };
}

function findMatch(scopes: readonly Scope[], kind: keyof Scope, call: Call, workload: Workload): Finding {
  let applies = false;
  for (const scope of scopes) {
    for (const policy of scope[kind]) {
      if (!isFor(policy, workload)) continue;
      applies = true;
      const rule = matchingRule(policy, call);
      if (rule >= 0) return { applies, match: { policy, id: policy.idOf(rule) } };
    }
  }
  return { applies, match: undefined };
}

function isFor(policy: CompiledPolicy, workload: Workload): boolean {
  const fits = policy.fits(workload);
  if (fits === undefined) throw new LabelsUnknown(policy.name);
  return fits;
}

function matchingRule({ http, tcp }: CompiledPolicy, call: Call): number {
  return (call.isHttp ? http : tcp).findIndex((matches) => matches?.(call));
}

/** Why a CUSTOM policy refuses, if one does: several providers for a workload are a mistake, and refuse what any of them is asked about. */
function customRefusal(
  scopes: readonly Scope[],
  call: Call,
  workload: Workload,
  providers: RbacConfig["providers"],
): { readonly id: string; readonly reason: string } | undefined {
  const policies = scopes.flatMap(({ custom }) => custom).filter((policy) => isFor(policy, workload));
  const names = new Set(policies.map(({ provider }) => provider));
  for (const policy of policies) {
    const rule = matchingRule(policy, call);
    if (rule < 0) continue;
    const reason = providerRefusal(policy.provider, names, providers);
    if (reason !== undefined) return { id: policy.idOf(rule), reason };
  }
  return undefined;
}

function providerRefusal(
  provider: string,
  all: ReadonlySet<string>,
  providers: RbacConfig["providers"],
): string | undefined {
  if (all.size > 1) return `the workload has several providers: ${[...all].join(", ")}`;
  const answer = Object.hasOwn(providers, provider) ? providers[provider] : undefined;
  if (answer === "allow") return undefined;
  return answer === "deny" ? `the provider ${provider} is set to deny` : `the provider ${provider} is not known here`;
}

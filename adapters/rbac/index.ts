import type { AdapterLog } from "../adapter.ts";
import { defineChecker } from "../checker.ts";
import { Call, callAttributes } from "./call.ts";
import { createClaims } from "./claims.ts";
import { compilePolicy } from "./compile.ts";
import { config, type RbacConfig } from "./config.ts";
import { createDecision } from "./decide.ts";
import { loadPolicies } from "./load.ts";
import type { Policy } from "./policy.ts";
import { createIndex } from "./policy-index.ts";
import { createTrustDomains } from "./trust-domains.ts";
import { policyWarnings } from "./validate.ts";
import { createDirectory, workloadAttributes } from "./workload.ts";

/** Decides as the sidecars of Istio do by AuthorizationPolicy resources. */
export const rbac = defineChecker({
  type: "rbac",
  summary: "Decides by AuthorizationPolicy resources of Istio.",
  config,
  instance: "none",
  reads: () => [...new Set([...callAttributes, ...workloadAttributes])],
  validate: ({ files }) => loadPolicies(files).problems,
  async open(settings, host) {
    const { policies, problems } = loadPolicies(settings.files);
    if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join("\n"));
    for (const policy of policies) warn(policy, settings, host.log);
    warnOfTwins(policies, host.log);
    const workloadOf = createDirectory(settings.workloads);
    const decide = createDecision(compile(policies, settings), settings.providers);
    const readClaims = createClaims(settings.spaceDelimitedClaims);
    return {
      check(question) {
        const workload = workloadOf(question);
        if (workload === undefined)
          return { verdict: "error", reason: "the namespace of the called workload is not known: see workloads" };
        return decide(new Call(question, readClaims), workload);
      },
      async close() {},
    };
  },
});

function compile(policies: readonly Policy[], { rootNamespace, trustDomain, trustDomainAliases }: RbacConfig) {
  const trustDomains = createTrustDomains(trustDomain, trustDomainAliases);
  const compiled = policies.map((policy) => ({
    namespace: policy.namespace,
    compiled: compilePolicy(policy, rootNamespace, { namespace: policy.namespace, trustDomains }),
  }));
  return createIndex(compiled, rootNamespace);
}

function warn(policy: Policy, { providers }: RbacConfig, log: AdapterLog): void {
  const name = `${policy.namespace}/${policy.name}`;
  for (const warning of policyWarnings(policy)) log.warn({ policy: name }, `AuthorizationPolicy ${name}: ${warning}`);
  const { provider } = policy;
  if (provider !== undefined && !Object.hasOwn(providers, provider))
    log.warn(
      { policy: name, provider },
      `AuthorizationPolicy ${name}: the provider ${provider} is not among providers, so what the policy matches is refused`,
    );
}

/** Two policies of one name are one in a cluster, the later; here both hold. */
function warnOfTwins(policies: readonly Policy[], log: AdapterLog): void {
  const seen = new Set<string>();
  for (const policy of policies) {
    const name = `${policy.namespace}/${policy.name}`;
    if (seen.has(name))
      log.warn({ policy: name }, `AuthorizationPolicy ${name} is there more than once, and all of them hold`);
    seen.add(name);
  }
}

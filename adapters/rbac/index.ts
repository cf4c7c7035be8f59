import type { AdapterLog } from "../adapter.ts";
import { defineChecker } from "../checker.ts";
import { followFiles } from "../shared/followed-files.ts";
import { Call, callAttributes } from "./call.ts";
import { createClaims } from "./claims.ts";
import { compilePolicy } from "./compile.ts";
import { config, type RbacConfig } from "./config.ts";
import { createDecision } from "./decide.ts";
import { readSource, type Source } from "./documents.ts";
import { type Loaded, loadPolicies, policiesOf } from "./load.ts";
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
    const followed = followFiles(
      {
        ...{ what: "AuthorizationPolicy resources", refreshMs: settings.refresh },
        read: () => settings.files.map(readSource),
        parse: (sources: readonly Source[]) => createDecider(policiesOf(sources), settings, host.log),
      },
      host.log,
    );
    const workloadOf = createDirectory(settings.workloads);
    const readClaims = createClaims(settings.spaceDelimitedClaims);
    return {
      check(question) {
        const workload = workloadOf(question);
        if (workload === undefined)
          return { verdict: "error", reason: "the namespace of the called workload is not known: see workloads" };
        const { value: decide, holds } = followed.current();
        const answer = decide(new Call(question, readClaims), workload);
        return answer.verdict === "error" ? answer : { ...answer, holds };
      },
      async close() {
        followed.close();
      },
    };
  },
});

/** Decides by these policies; throws if anything is wrong with one. */
function createDecider({ policies, problems }: Loaded, settings: RbacConfig, log: AdapterLog) {
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join("\n"));
  for (const policy of policies) warn(policy, settings, log);
  warnOfTwins(policies, log);
  return createDecision(compile(policies, settings), settings.providers);
}

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

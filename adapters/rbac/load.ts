import type { ConfigProblem } from "../adapter.ts";
import { documentsOf, type Resource, readSource, type Source } from "./documents.ts";
import type { Policy } from "./policy.ts";
import { readPolicy } from "./read-policy.ts";
import { policyProblems } from "./validate.ts";

/** The policies of all files, and everything that is wrong with them. */
export interface Loaded {
  readonly policies: readonly Policy[];
  readonly problems: readonly ConfigProblem[];
}

/** The policies of these sources; resources of other kinds are passed over. */
export function policiesOf(sources: readonly Source[]): Loaded {
  const policies: Policy[] = [];
  const problems: ConfigProblem[] = [];
  for (const [index, source] of sources.entries()) {
    const documents = documentsOf(source);
    const found = documents.resources.filter(isPolicy).map(({ place, value }) => {
      const { policy, problems: malformed } = readPolicy(value);
      policies.push(policy);
      const name = `${policy.namespace}/${policy.name}`;
      const wrong = malformed.length > 0 ? malformed : policyProblems(policy);
      return wrong.map((message) => `${place}, AuthorizationPolicy ${name}: ${message}`);
    });
    for (const message of [...documents.problems, ...found.flat()]) problems.push({ path: ["files", index], message });
  }
  return { policies, problems };
}

/** Loads the policies of the files. */
export const loadPolicies = (files: readonly string[]): Loaded => policiesOf(files.map(readSource));

function isPolicy({ value }: Resource): boolean {
  const { kind, apiVersion } = (value ?? {}) as { readonly kind?: unknown; readonly apiVersion?: unknown };
  return (
    kind === "AuthorizationPolicy" && typeof apiVersion === "string" && apiVersion.startsWith("security.istio.io/")
  );
}

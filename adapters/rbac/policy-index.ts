import type { CompiledPolicy } from "./compile.ts";
import type { Workload } from "./workload.ts";

/** The policies of one namespace, by what they do. */
export interface Scope {
  readonly custom: readonly CompiledPolicy[];
  readonly deny: readonly CompiledPolicy[];
  readonly allow: readonly CompiledPolicy[];
  readonly audit: readonly CompiledPolicy[];
  readonly shadowDeny: readonly CompiledPolicy[];
  readonly shadowAllow: readonly CompiledPolicy[];
}

/** Policies by namespace. */
export interface PolicyIndex {
  /** The namespaces whose policies may be for a workload: the root, its own, and for a waypoint that of the service. */
  scopesOf(workload: Workload): readonly Scope[];
}

/** Sorts policies by namespace and by what they do. */
export function createIndex(
  policies: readonly { readonly namespace: string; readonly compiled: CompiledPolicy }[],
  rootNamespace: string,
): PolicyIndex {
  const namespaces = new Set(policies.map(({ namespace }) => namespace));
  const scopes = new Map(
    [...namespaces].map((name) => {
      const own = policies.filter(({ namespace }) => namespace === name).map(({ compiled }) => compiled);
      return [name, toScope(own)] as const;
    }),
  );
  const known = new Map<string, readonly Scope[]>();
  for (const name of namespaces) known.set(name, collect(new Set([rootNamespace, name]), scopes));
  const root = collect(new Set([rootNamespace]), scopes);
  return {
    scopesOf({ namespace, service }) {
      if (service === undefined) return known.get(namespace) ?? root;
      return collect(new Set([rootNamespace, namespace, service.namespace]), scopes);
    },
  };
}

function collect(names: ReadonlySet<string>, scopes: ReadonlyMap<string, Scope>): readonly Scope[] {
  return [...names].flatMap((name) => scopes.get(name) ?? []);
}

function toScope(policies: readonly CompiledPolicy[]): Scope {
  const of = (action: CompiledPolicy["action"], isDryRun = false) =>
    policies.filter((policy) => policy.action === action && policy.isDryRun === isDryRun);
  return {
    ...{ custom: of("CUSTOM"), deny: of("DENY"), allow: of("ALLOW"), audit: of("AUDIT") },
    ...{ shadowDeny: of("DENY", true), shadowAllow: of("ALLOW", true) },
  };
}

import type { Policy, TargetRef } from "./policy.ts";
import { gatewayLabel, isWaypoint, type Workload } from "./workload.ts";

/** Whether a policy is for a workload, whose namespace has been compared; undefined if that cannot be said without its labels. */
export type Fits = (workload: Workload) => boolean | undefined;

const gatewayGroup = "gateway.networking.k8s.io";

/** Kinds that a policy may be attached to, with their groups. */
const kinds: Readonly<Record<string, readonly string[]>> = {
  Gateway: [gatewayGroup],
  GatewayClass: [gatewayGroup],
  Service: ["", "core"],
  ServiceEntry: ["networking.istio.io"],
};

/** Why a policy cannot be attached so; undefined if it can. */
export function targetProblem({ group, kind }: TargetRef): string | undefined {
  const groups = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (groups?.includes(group)) return undefined;
  return `must be a Gateway or GatewayClass of ${gatewayGroup}, a Service, or a ServiceEntry of networking.istio.io`;
}

/** Compiles what a policy is for. */
export function compileTarget(policy: Policy, rootNamespace: string): Fits {
  const { selector = new Map<string, string>(), targetRefs } = policy;
  const pairs = [...selector];
  if (targetRefs.length > 0) return attached(policy, rootNamespace);
  if (pairs.length === 0) return ({ labels }) => labels === undefined || !isWaypoint(labels);
  return ({ labels }) =>
    labels === undefined
      ? undefined
      : !isWaypoint(labels) && pairs.every(([name, value]) => labels.get(name) === value);
}

/** Attached policies are for gateways and waypoints, which their labels tell: a workload without any is neither. */
function attached({ namespace, targetRefs }: Policy, rootNamespace: string): Fits {
  return ({ labels, service, namespace: own }) => {
    const gateway = labels?.get(gatewayLabel);
    if (labels === undefined || gateway === undefined) return false;
    return targetRefs.some(({ kind, name }) => {
      if (kind === "Gateway") return name === gateway && namespace === own;
      if (!isWaypoint(labels)) return false;
      if (kind === "GatewayClass") return name === "istio-waypoint" && namespace === rootNamespace;
      return name === service?.name && namespace === service?.namespace;
    });
  };
}

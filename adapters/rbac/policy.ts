/** An AuthorizationPolicy as it was read: what it says, nothing decided yet. */
export interface Policy {
  readonly name: string;
  readonly namespace: string;
  readonly action: "ALLOW" | "DENY" | "AUDIT" | "CUSTOM";
  /** Extension provider, of CUSTOM policies only. */
  readonly provider: string | undefined;
  /** The annotation as it is written. */
  readonly dryRun: string | undefined;
  /** Labels that a workload must have; undefined without a selector. */
  readonly selector: ReadonlyMap<string, string> | undefined;
  readonly targetRefs: readonly TargetRef[];
  /** Undefined where the policy has none. */
  readonly rules: readonly Rule[] | undefined;
}

/** A gateway, a class of them, or a service that a policy is attached to. */
export interface TargetRef {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
}

/** Some source, some operation and every condition; a part that is undefined restricts nothing. */
export interface Rule {
  /** The clauses of each source. */
  readonly from: readonly (readonly Clause[])[] | undefined;
  /** The clauses of each operation. */
  readonly to: readonly (readonly Clause[])[] | undefined;
  readonly when: readonly Clause[];
}

/** One field of a source or an operation with its `not` twin, or one condition: both are the same, values that something is compared with. */
export interface Clause {
  /** Key of a condition, such as `source.ip`, or `hosts`, `methods` and `paths`, which conditions do not have. */
  readonly key: string;
  readonly values: readonly string[];
  readonly notValues: readonly string[];
  /** Where it stands, such as `rules[0].from[1].source.ipBlocks`. */
  readonly place: string;
}

/** Values of the annotation istio.io/dry-run that mean yes. */
const yes = new Set(["1", "t", "T", "true", "TRUE", "True"]);

/** Whether a policy is evaluated and never enforced. */
export const isDryRun = ({ dryRun }: Policy): boolean => dryRun !== undefined && yes.has(dryRun);

import type { Adapter } from "../../adapters/adapter.ts";
import type { Vocabulary } from "../../schemas/attributes/vocabulary.ts";
import type { InstanceDeclaration, MetricDeclaration } from "../../schemas/model/instance.ts";
import type { Expression } from "../expr/expression.ts";
import type { LaneConfig } from "./lane-schema.ts";
import type { HubConfig } from "./schema.ts";
import type { ShownConfig } from "./show-config.ts";

/** A label of an instance: its name and the expression that fills it. */
export interface CheckedDimension {
  readonly name: string;
  readonly expression: Expression;
}

/** An instance with its expressions checked. */
export interface CheckedInstance {
  readonly declaration: MetricDeclaration;
  readonly value: Expression;
  readonly dimensions: readonly CheckedDimension[];
}

/** A rule with its expression checked and its names resolved. */
export interface CheckedRule {
  readonly name: string;
  /** Absent: the rule always applies. */
  readonly match: Expression | undefined;
  readonly actions: readonly { readonly handler: string; readonly instances: readonly string[] }[];
}

/** A handler with its adapter found and its params checked. */
export interface ReadHandler {
  readonly name: string;
  readonly adapter: Adapter;
  /** Settings as the adapter's schema gave them, defaults filled in. */
  readonly params: unknown;
  /** What rules send to it, in order of first mention. */
  readonly instances: readonly InstanceDeclaration[];
}

/** A handler with all its settings checked. */
export interface CheckedHandler extends ReadHandler {
  /** How what it gets waits and is sent. */
  readonly lane: LaneConfig;
}

/** A configuration in which every name is resolved and every expression compiled, once. */
export interface CheckedConfig {
  readonly config: HubConfig;
  readonly vocabulary: Vocabulary;
  readonly handlers: ReadonlyMap<string, CheckedHandler>;
  readonly instances: ReadonlyMap<string, CheckedInstance>;
  readonly rules: readonly CheckedRule[];
  /** What may be shown of it. */
  readonly shown: ShownConfig;
}

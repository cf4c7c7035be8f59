import {
  type InstanceDeclaration,
  type QuestionTemplate,
  questionTemplates,
  type Template,
} from "../../schemas/model/instance.ts";
import { nearest } from "../../schemas/model/nearest.ts";
import type { ExpressionReader } from "./check-expressions.ts";
import type { CheckedInstance } from "./checked.ts";
import { createSettingsReader, type SettingsReader } from "./instance-settings.ts";
import type { Report } from "./problem.ts";
import { readEdge } from "./read-edge.ts";
import { readLogEntry } from "./read-log-entry.ts";
import { readMetric } from "./read-metric.ts";
import { readMetrics } from "./read-metrics.ts";
import { readSpans } from "./read-spans.ts";
import { readTraceSpan } from "./read-trace-span.ts";
import { child, type Entry, type Tree, textOf } from "./tree.ts";

/** What the settings of one template come to. */
export interface ReadTemplate {
  /** Best guess where parts are faulty. */
  readonly declaration: InstanceDeclaration;
  /** Undefined if anything is faulty. */
  readonly checked: CheckedInstance | undefined;
}

/** An instance as far as it could be read. */
export interface ReadInstance extends ReadTemplate {
  /** Undefined where the template is missing or misspelt. */
  readonly template: Template | undefined;
}

const readers: Readonly<Record<string, (name: string, settings: SettingsReader) => ReadTemplate>> = {
  metric: readMetric,
  logentry: readLogEntry,
  edge: readEdge,
  tracespan: readTraceSpan,
  spans: readSpans,
  metrics: readMetrics,
} satisfies Record<Exclude<Template, "point">, unknown>;

/** Compiles the expressions of every instance. */
export function checkInstances(
  instances: readonly Entry[],
  expressions: ExpressionReader,
  report: Report,
): ReadonlyMap<string, ReadInstance> {
  const sent = instances.filter(({ value }) => !isQuestion(meantTemplate(value)));
  return new Map(sent.map((entry) => [entry.key, readInstance(entry, expressions, report)]));
}

/** The template of an instance, or of a misspelt one what was probably meant. */
export function meantTemplate(tree: Tree): string {
  const given = textOf(child(tree, "template")) ?? "";
  const known = [...Object.keys(readers), ...questionTemplates];
  return known.includes(given) ? given : (nearest(given, known) ?? "metric");
}

/** Whether instances of a template are asked about, and never sent. */
export const isQuestion = (template: string): template is QuestionTemplate =>
  questionTemplates.some((known) => known === template);

/** A misspelt template is read as the one that was probably meant, so that the rest is checked. */
function readInstance({ key, value: tree }: Entry, expressions: ExpressionReader, report: Report): ReadInstance {
  const settings = createSettingsReader(child(tree, "params"), ["instances", key, "params"], expressions, report);
  const known = Object.hasOwn(readers, textOf(child(tree, "template")) ?? "");
  const read = readers[meantTemplate(tree)] ?? readMetric;
  const { declaration, checked } = read(key, settings);
  return {
    template: known ? declaration.template : undefined,
    declaration,
    checked: known && settings.sound ? checked : undefined,
  };
}

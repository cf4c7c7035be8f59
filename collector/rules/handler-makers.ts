import type { Attribute } from "../../schemas/attributes/attribute.ts";
import type { Expression } from "../expr/expression.ts";
import { computedSlots, createComputed, withComputed } from "./computed.ts";
import { type InstanceMaker, type SharedMaker, shared } from "./instance-maker.ts";
import { createRedactedView, type RedactedView } from "./redact/redacted-view.ts";
import { createRedaction, type RedactSettings } from "./redact/redactor.ts";

/** What the instances that handlers get depend on, beside the instances themselves. */
export interface HandlerMakersOptions {
  /** The vocabulary, by slot. */
  readonly attributes: readonly Attribute[];
  readonly redact: RedactSettings;
  /** The handlers' own expressions, by handler and setting. */
  readonly computed: ReadonlyMap<string, ReadonlyMap<string, Expression>>;
}

/** Gives the maker of an instance for a handler. */
export type MakerFor = (handler: string, instance: string) => SharedMaker;

/** Shares what is made of a record between handlers; those with expressions of their own get their values besides. */
export function createHandlerMakers(
  makers: ReadonlyMap<string, InstanceMaker>,
  { attributes, redact, computed }: HandlerMakersOptions,
): MakerFor {
  const redacting = [...makers.values()].filter(({ redacts }) => redacts);
  const slots = [...redacting.flatMap((maker) => maker.slots), ...computedSlots(computed)];
  const view = createRedactedView(attributes, slots, createRedaction(redact));
  const instances = new Map([...makers].map(([name, maker]) => [name, shared(maker, view)]));
  const wrapped = new Map([...computed].map(([handler, own]) => [handler, wrap(instances, own, view)]));
  return (handler, name) => (wrapped.get(handler) ?? instances).get(name) as SharedMaker;
}

function wrap(
  makers: ReadonlyMap<string, SharedMaker>,
  own: ReadonlyMap<string, Expression>,
  view: RedactedView,
): ReadonlyMap<string, SharedMaker> {
  if (own.size === 0) return makers;
  const values = createComputed(own, view);
  return new Map([...makers].map(([name, maker]) => [name, withComputed(maker, values)]));
}

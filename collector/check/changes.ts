import type { Changes, HeaderChange } from "../../schemas/model/verdict.ts";
import type { CheckedChanges, CheckedNamedText } from "../config/checked-policy.ts";
import { EvalFailure, type Slots } from "../expr/expression.ts";
import { noChanges } from "./outcome.ts";
import type { createTexts, NamedTextOf } from "./texts.ts";

/** Gives the changes that a rule makes to a request, or why one of them cannot be had. Where they are the same for all, they are one frozen object. */
export type ChangesOf = (values: Slots) => Changes | EvalFailure;

/** What of a rule changes something. */
export interface ChangingRule {
  readonly headers: { readonly upstream: CheckedChanges; readonly client: CheckedChanges };
  readonly metadata: readonly CheckedNamedText[];
}

type Texts = ReturnType<typeof createTexts>;
type HeadersOf = (values: Slots) => readonly HeaderChange[] | EvalFailure;

/** Plans the changes of a rule; `moreForClient` come with a refusal. */
export function createChanges(
  { headers, metadata }: ChangingRule,
  texts: Texts,
  moreForClient: readonly CheckedNamedText[] = [],
): ChangesOf {
  const upstream = planHeaders(headers.upstream, texts);
  const client = planHeaders({ ...headers.client, set: [...headers.client.set, ...moreForClient] }, texts);
  const data = texts.named(metadata);
  if (upstream === undefined && client === undefined && data.length === 0) return () => noChanges;
  const changesOf: ChangesOf = (values) => {
    const up = upstream?.(values);
    if (up instanceof EvalFailure) return up;
    const down = client?.(values);
    if (down instanceof EvalFailure) return down;
    const told = textsOf(data, values);
    if (told instanceof EvalFailure) return told;
    return { ...(up && { upstream: up }), ...(down && { client: down }), ...(data.length > 0 && { metadata: told }) };
  };
  const named = [...writtenOf(headers.upstream), ...writtenOf(headers.client), ...moreForClient, ...metadata];
  if (!named.every(({ text }) => "plain" in text)) return changesOf;
  const always = Object.freeze(changesOf([]));
  return () => always;
}

const writtenOf = ({ set, add, append }: CheckedChanges): readonly CheckedNamedText[] => [...set, ...add, ...append];

function planHeaders({ remove, ...written }: CheckedChanges, texts: Texts): HeadersOf | undefined {
  const planned = (["set", "add", "append"] as const).flatMap((action) =>
    texts.named(written[action]).map(({ name, textOf }) => ({ action, name: name.toLowerCase(), textOf })),
  );
  const removals = remove.map((name): HeaderChange => ({ action: "remove", name: name.toLowerCase() }));
  if (planned.length + removals.length === 0) return undefined;
  return (values) => {
    const changes: HeaderChange[] = [...removals];
    for (const { action, name, textOf } of planned) {
      const value = textOf(values);
      if (value instanceof EvalFailure) return value;
      changes.push({ action, name, value: toHeaderValue(value) });
    }
    return changes;
  };
}

/** What would end a header line, and begin another, becomes a space (RFC 9110, 5.5). */
export function toHeaderValue(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
  return text.replace(/[\u0000-\u0008\u000a-\u001f\u007f]/g, " ");
}

function textsOf(named: readonly NamedTextOf[], values: Slots): Record<string, string> | EvalFailure {
  const told: Record<string, string> = {};
  for (const { name, textOf } of named) {
    const value = textOf(values);
    if (value instanceof EvalFailure) return value;
    told[name] = value;
  }
  return told;
}

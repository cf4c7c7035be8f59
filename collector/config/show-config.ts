import { createHash } from "node:crypto";
import { z } from "zod";
import type { Adapter } from "../../adapters/adapter.ts";
import type { HubConfig } from "./schema.ts";
import { child, entriesOf, type MapTree, type Tree } from "./tree.ts";

/** A configuration as it may be shown: what came from the environment is named, not told, and secrets are masked. */
export interface ShownConfig {
  /** Files in the order of the command line. */
  readonly sources: readonly { readonly file: string; readonly sha256: string }[];
  /** Changes whenever a file does. */
  readonly revision: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** What stands for a secret. */
export const mask = "***";

/** Settings of adapters whose names say that they are secret, whatever their schema says. */
const secretName =
  /(?:password|passwd|passphrase|secret|token|api[-_]?key|licen[cs]e[-_]?key|private[-_]?key|access[-_]?key|credentials?|authorization|cookie)$/i;
const privateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
/** The password of a URL (RFC 3986, 3.2.1). */
const userInfo = /^([a-z][a-z0-9+.-]*:\/\/[^/?#@:]*):[^/?#]*@/i;

/** Shows a checked configuration. `merged` is the tree that it was read from. */
export function showConfig(
  config: HubConfig,
  merged: MapTree,
  checked: ReadonlyMap<string, { readonly adapter: Adapter }>,
  sources: ShownConfig["sources"],
): ShownConfig {
  const hash = createHash("sha256");
  for (const { sha256 } of sources) hash.update(sha256);
  const handlers = Object.entries(config.handlers).map(([name, { adapter, params }]): [string, unknown] => {
    const tree = child(child(child(merged, "handlers"), name), "params");
    return [name, { adapter, params: showParams(params, tree, checked.get(name)?.adapter) }];
  });
  const shown = show(config, merged, { schema: undefined, byName: false }) as Record<string, unknown>;
  return {
    sources,
    revision: hash.digest("hex").slice(0, 12),
    config: { ...shown, handlers: Object.fromEntries(handlers) },
  };
}

/** The part of a JSON Schema that tells of secrets: an adapter marks one with `.meta({ secret: true })`. */
interface Schema {
  readonly secret?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: unknown;
  readonly items?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

interface Look {
  readonly schema: Schema | undefined;
  /** Whether names count. */
  readonly byName: boolean;
}

function showParams(params: unknown, tree: Tree | undefined, adapter: Adapter | undefined): unknown {
  const schema =
    adapter === undefined
      ? undefined
      : (z.toJSONSchema(adapter.config, { io: "input", unrepresentable: "any", reused: "inline" }) as Schema);
  return show(params, tree, { schema, byName: true });
}

function show(value: unknown, tree: Tree | undefined, look: Look): unknown {
  const written = tree?.kind === "scalar" ? tree.written : undefined;
  if (isSecret(look.schema)) return hide(value, written);
  if (written !== undefined) return showText(written);
  if (typeof value === "string") return showText(value);
  if (Array.isArray(value)) {
    const schema = partsOf(look.schema, ({ items }) => items);
    return value.map((item, index) => show(item, child(tree, index), { ...look, schema }));
  }
  return typeof value === "object" && value !== null ? showMembers(value, tree, look) : value;
}

function showMembers(value: object, tree: Tree | undefined, look: Look): unknown {
  const parts = new Map(entriesOf(tree).map((entry) => [entry.key, entry.value]));
  const showMember = ([key, member]: [string, unknown]): [string, unknown] => {
    const schema = partsOf(look.schema, (found) => found.properties?.[key] ?? found.additionalProperties);
    const isPlain = typeof member !== "object" || Array.isArray(member);
    // A mapping by a secret's name holds settings with names of their own.
    const hidden: Schema | undefined = look.byName && isPlain && secretName.test(key) ? { secret: true } : schema;
    return [key, show(member, parts.get(key), { ...look, schema: hidden })];
  };
  return Object.fromEntries(Object.entries(value).map(showMember));
}

/** A secret is shown only as the name of the variable that it came from: a default would be a secret, too. */
function hide(value: unknown, written: string | undefined): unknown {
  if (written !== undefined && /^\$\{env:\w+\}$/.test(written)) return written;
  return value === undefined || value === null || value === "" ? value : mask;
}

const showText = (text: string): string => (privateKey.test(text) ? mask : text.replace(userInfo, `$1:${mask}@`));

const isSchema = (part: unknown): part is Schema => typeof part === "object" && part !== null;

function isSecret(schema: Schema | undefined): boolean {
  return schema !== undefined && (schema.secret === true || optionsOf(schema).some(isSecret));
}

const optionsOf = ({ anyOf = [], oneOf = [] }: Schema): readonly Schema[] => [...anyOf, ...oneOf];

/** The schema of a part, from whichever alternative knows it. */
function partsOf(schema: Schema | undefined, pick: (schema: Schema) => unknown): Schema | undefined {
  if (schema === undefined) return undefined;
  const found = [schema, ...optionsOf(schema)].map(pick).filter(isSchema);
  return found.length > 1 ? { anyOf: found } : found[0];
}

import type { PluginFault } from "../config/plugin-outcome.ts";
import { oneOf } from "../config/schema-words.ts";

const expected = "export default defineAdapter({ ... })";

/** The object that declares a module's adapter: its default export, else the one export that looks like it. */
export function findDeclaration(
  module: Readonly<Record<string, unknown>>,
  name: string,
): { readonly declared: object } | PluginFault {
  const chosen = fromCommonJs(module.default);
  if (isObject(chosen) && (looksDeclared(chosen) || !Object.values(chosen).some(looksDeclared))) {
    return { declared: chosen };
  }
  const candidates = Object.entries(isObject(chosen) ? chosen : module).filter(([, value]) => looksDeclared(value));
  const [only, ...others] = candidates;
  if (only === undefined) return { message: `"${name}" exports no adapter`, expected };
  if (others.length === 0) return { declared: only[1] as object };
  return { message: `"${name}" exports several adapters and none as default`, expected: oneOfExports(candidates) };
}

const oneOfExports = (exports: readonly (readonly [string, unknown])[]): string =>
  `one of ${oneOf(exports.map(([key]) => key))} as default`;

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

const looksDeclared = (value: unknown): boolean => isObject(value) && "open" in value && "config" in value;

/** Compilers put a default export of CommonJS one step deeper. */
function fromCommonJs(value: unknown): unknown {
  return isObject(value) && "__esModule" in value && "default" in value ? value.default : value;
}

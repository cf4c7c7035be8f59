import { addressFunctions } from "./addresses.ts";
import { arithmeticFunctions } from "./arithmetic.ts";
import { conversionFunctions } from "./conversions.ts";
import { globFunctions } from "./glob.ts";
import { listFunctions } from "./lists.ts";
import type { Overload } from "./overload.ts";
import { positionFunctions } from "./positions.ts";
import { regexFunctions } from "./regex.ts";
import { stringFunctions } from "./strings.ts";
import { timeFunctions } from "./time.ts";

/** The functions that a dialect knows, by name. */
export type FunctionTable = ReadonlyMap<string, readonly Overload[]>;

/** Makes a table of overloads; their order is the order in which they are tried. */
export function createTable(overloads: readonly Overload[]): FunctionTable {
  return Map.groupBy(overloads, ({ name }) => name);
}

/** The functions of the native dialect. */
export const nativeFunctions: FunctionTable = createTable([
  ...arithmeticFunctions,
  ...timeFunctions,
  ...stringFunctions,
  ...listFunctions,
  ...positionFunctions,
  ...regexFunctions,
  ...globFunctions,
  ...addressFunctions,
  ...conversionFunctions,
]);

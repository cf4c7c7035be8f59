/** What an adapter opened, if it has the functions that the hub calls; throws an error that names those that are missing. */
export function withFunctions<T extends object>(
  opened: unknown,
  from: string,
  functions: readonly (keyof T & string)[],
): T {
  const found = typeof opened === "object" && opened !== null ? (opened as Record<string, unknown>) : {};
  const missing = functions.filter((name) => typeof found[name] !== "function");
  if (missing.length === 0) return opened as T;
  const names = missing.map((name) => `"${name}"`).join(", ");
  throw new Error(
    `"open" of ${from} gave ${opened === null ? "null" : typeof opened} without the functions it needs: ${names}`,
  );
}

/** A text that an adapter gave. */
export function textFrom(given: unknown, from: string): string {
  if (typeof given === "string") return given;
  throw new Error(`${from} gave ${typeof given} instead of a text`);
}

/** A list of texts that an adapter gave. */
export function textsFrom(given: unknown, from: string): string[] {
  if (Array.isArray(given) && given.every((item) => typeof item === "string")) return given;
  throw new Error(`${from} gave something else than a list of texts`);
}

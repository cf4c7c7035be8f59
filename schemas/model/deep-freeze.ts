/** Freezes plain data and everything it holds, so that whoever changes it throws. */
export function deepFreeze<V>(value: V): V {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const key in value) {
    const part = value[key];
    if (typeof part === "object") deepFreeze(part);
  }
  return value;
}

/** Freezes plain data and everything it holds, so that whoever changes it throws; bytes stay as they are. */
export function deepFreeze<V>(value: V): V {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  if (ArrayBuffer.isView(value)) return value; // bytes cannot be frozen
  Object.freeze(value);
  for (const key in value) {
    const part = value[key];
    if (typeof part === "object") deepFreeze(part);
  }
  return value;
}

import type { Checked } from "./checked.ts";
import { EvalFailure } from "./expression.ts";
import { toKey } from "./values.ts";

/** The failure of reading an attribute that is not there. */
export function absentAttribute(name: string): EvalFailure {
  return new EvalFailure("absent", `${name} is absent`);
}

/** The failure of looking up a key that is not there; the key is named where it is constant. */
export function absentKey(map: Checked, key: Checked): EvalFailure {
  const name = map.op === "attribute" ? map.name : "the map";
  return new EvalFailure(
    "absent",
    key.op === "constant" ? `${name}[${toText(key.value)}] is absent` : `${name} has no such key`,
  );
}

function toText(value: unknown): string {
  const key = toKey(value);
  return typeof key === "string" ? JSON.stringify(key) : String(key);
}

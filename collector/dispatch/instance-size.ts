import type { Instance, PlainValue } from "../../schemas/model/instance.ts";

/** Braces, quotes, names and times that stand around the values of an instance. */
const FRAME = 64;
/** Quotes, colon and comma of a member. */
const MEMBER = 6;
/** Digits of a number, on average. */
const NUMBER = 8;

/** About how many bytes the JSON of an instance takes, without making it: for adapters that do not say how much one adds to a request. */
export function instanceSize(instance: Instance): number {
  switch (instance.template) {
    case "metric":
      return (
        FRAME +
        instance.labels.values.reduce((sum, text, i) => sum + text.length + nameLength(instance.labels.names[i]), 0)
      );
    case "logentry":
      return FRAME + membersSize(instance.variables);
    case "tracespan":
      return 2 * FRAME + instance.name.length + membersSize(instance.attributes);
    case "edge":
      return FRAME + membersSize({ ...instance.source }) + membersSize({ ...instance.destination });
    case "spans":
    case "metrics":
      return instance.bytes.length;
    case "point": {
      const buckets = instance.data.kind === "histogram" ? instance.data.buckets.length : 0;
      return FRAME + instance.name.length + membersSize(instance.labels) + 2 * NUMBER * buckets;
    }
  }
}

const nameLength = (name: string | undefined): number => (name?.length ?? 0) + MEMBER;

function membersSize(members: Readonly<Record<string, PlainValue>>): number {
  let size = 2;
  for (const name in members) size += nameLength(name) + valueSize(members[name] as PlainValue);
  return size;
}

function valueSize(value: PlainValue): number {
  if (typeof value === "string") return value.length;
  return typeof value === "object" ? membersSize(value) : NUMBER;
}

import { isTimestamp, type Timestamp } from "../../schemas/model/value.ts";
import type { Expression, Slots } from "../expr/expression.ts";

/** Tells when something happened: by an expression, else by the hub's own clock. */
export function createRecordTime(expression: Expression, now: () => number): (values: Slots) => Timestamp {
  return (values) => {
    const time = expression.evaluate(values);
    return isTimestamp(time) ? time : toTimestamp(now());
  };
}

function toTimestamp(ms: number): Timestamp {
  const seconds = Math.floor(ms / 1000);
  return { seconds, nanos: Math.floor((ms - seconds * 1000) * 1e6) };
}

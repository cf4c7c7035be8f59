import type { Vocabulary } from "../../schemas/attributes/vocabulary.ts";
import { nearest } from "../../schemas/model/nearest.ts";
import { isUdp, servesSyslog } from "./check-listeners.ts";
import type { Path, Report } from "./problem.ts";
import { child, type Entry, entriesOf, isEmpty, type Tree, textOf } from "./tree.ts";

/** Checks that syslog settings stand where they are heeded, and that fields give attributes that there are, in units that they take. */
export function checkSyslog(listeners: readonly Entry[], vocabulary: Vocabulary, report: Report): void {
  for (const { key, value } of listeners) {
    const settings = child(value, "syslog");
    const path: Path = ["listeners", key];
    checkPlace(key, value, settings, path, report);
    for (const field of entriesOf(child(settings, "fields")))
      checkField(field, [...path, "syslog", "fields", field.key], vocabulary, report);
  }
}

function checkPlace(key: string, listener: Tree, settings: Tree | undefined, path: Path, report: Report): void {
  if (settings !== undefined && !isEmpty(settings) && !servesSyslog(key, listener))
    report({
      at: settings.at,
      path: [...path, "syslog"],
      message: `listener "${key}" has settings for syslog, which it does not serve`,
      expected: "serves: [syslog]",
    });
  const tls = child(listener, "tls");
  if (tls !== undefined && !isEmpty(tls) && isUdp(key, listener))
    report({ at: tls.at, path: [...path, "tls"], message: "UDP has no TLS", expected: "syslog: { transport: tcp }" });
}

const durations: readonly unknown[] = ["DURATION", "TIMESTAMP"];

function checkField({ value }: Entry, path: Path, vocabulary: Vocabulary, report: Report): void {
  const named = value.kind === "map" ? child(value, "attribute") : value;
  const name = textOf(named);
  if (named === undefined || name === undefined) return;
  const type = vocabulary.typeOf(name);
  const unit = child(value, "unit");
  if (type === undefined)
    report({
      at: named.at,
      path,
      message: `unknown attribute "${name}"`,
      suggestion: nearest(
        name,
        vocabulary.attributes.map((attribute) => attribute.name),
      ),
    });
  else if (unit !== undefined && !isEmpty(unit) && !durations.includes(type))
    report({
      at: unit.at,
      path: [...path, "unit"],
      message: `"${name}" is ${type} and has no unit`,
      expected: "a unit for attributes of type DURATION and TIMESTAMP only",
    });
}

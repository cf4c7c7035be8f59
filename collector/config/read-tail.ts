import type { CheckedKeepRule, CheckedTail } from "./checked.ts";
import type { SettingsReader } from "./instance-settings.ts";
import { parseRate } from "./rate.ts";
import { keepRule, tail as schema } from "./tail-schema.ts";

const { quiet, quietAfterRoot, longest, maxBytes, remember } = schema.shape;
const rule = keepRule.shape;

/** Reads how whole traces are sampled; undefined where they are not. */
export function readTail(settings: SettingsReader): CheckedTail | undefined {
  if (settings.isAbsent("tail")) return undefined;
  const tail = settings.below("tail");
  const times = {
    quietMs: tail.value("quiet", quiet) ?? quiet.parse(undefined),
    quietAfterRootMs: tail.value("quietAfterRoot", quietAfterRoot),
    longestMs: tail.value("longest", longest) ?? longest.parse(undefined),
  };
  if (times.quietMs > times.longestMs)
    tail.refuse("quiet", "no trace waits so long: it is decided after longest", "at most longest");
  if (times.quietAfterRootMs !== undefined && times.quietAfterRootMs > times.quietMs)
    tail.refuse("quietAfterRoot", "a trace is decided after quiet, whether its root has come or not", "at most quiet");
  return {
    ...times,
    maxBytes: tail.value("maxBytes", maxBytes) ?? maxBytes.parse(undefined),
    remember: tail.value("remember", remember) ?? remember.parse(undefined),
    keep: readRules(tail.items("keep")),
  };
}

/** So many of each service. */
export function readPerService(settings: SettingsReader): CheckedKeepRule["perService"] {
  const text = settings.value("perService", rule.perService);
  return text === undefined ? undefined : parseRate(text);
}

function readRules(items: readonly SettingsReader[]): CheckedKeepRule[] {
  const found: CheckedKeepRule[] = [];
  let all: string | undefined;
  for (const item of items) {
    const name = item.value("name", rule.name) ?? "";
    if (name === "none") item.refuse("name", '"none" stands for traces that no rule fits', "another name");
    if (found.some((before) => before.name === name))
      item.refuse("name", `another rule is called "${name}"`, "another name");
    if (all !== undefined)
      item.refuse("name", `no trace comes to "${name}": "${all}" before it takes all`, "it above that");
    if (isForAll(item)) all ??= name;
    found.push(readRule(name, item));
  }
  return found;
}

function readRule(name: string, item: SettingsReader): CheckedKeepRule {
  const perService = readPerService(item);
  if (perService !== undefined && !item.isAbsent("rate"))
    item.refuse("rate", `"${name}" has both rate and perService`, "one of them");
  return {
    ...{ name, perService },
    when: item.optional("when", "match"),
    minDurationMs: item.value("minDuration", rule.minDuration),
    minSpans: item.value("minSpans", rule.minSpans),
    rate: item.value("rate", rule.rate) ?? 1,
  };
}

const isForAll = (item: SettingsReader): boolean =>
  ["when", "minDuration", "minSpans"].every((condition) => item.isAbsent(condition));

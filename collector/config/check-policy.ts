import { parseDuration } from "../../schemas/model/time-text.ts";
import type { Expression } from "../expr/expression.ts";
import type { ExpressionReader } from "./check-expressions.ts";
import type { CheckedChanges, CheckedPolicy, CheckedText } from "./checked-policy.ts";
import { grpcCodes, ruleKinds } from "./policy-schema.ts";
import type { Path, Report } from "./problem.ts";
import { parseRate } from "./rate.ts";
import { child, entriesOf, isEmpty, itemsOf, type Tree, textOf } from "./tree.ts";

/** Reads texts and expressions of one rule, and remembers whether all was well. */
interface RuleReader {
  text(tree: Tree | undefined, path: Path): CheckedText | undefined;
  texts(tree: Tree | undefined, path: Path): { readonly name: string; readonly text: CheckedText }[];
  expression(tree: Tree | undefined, path: Path, use: "label" | "value"): Expression | undefined;
}

/** Reads the policy part of a rule; undefined if it has none, or one of another kind. */
export function readPolicy(
  tree: Tree,
  path: Path,
  expressions: ExpressionReader,
  report: Report,
): CheckedPolicy | undefined {
  const kind = ruleKinds.find((candidate) => child(tree, candidate) !== undefined);
  if (kind === undefined || kind === "actions") return undefined;
  const read = createRuleReader(expressions);
  const body = child(tree, kind);
  const at = [...path, kind];
  const common = {
    priority: numberOf(child(tree, "priority")) ?? 0,
    shadow: isTrue(child(tree, "shadow")),
    onError: textOf(child(tree, "onError")) === "allow" ? ("allow" as const) : ("deny" as const),
    headers: readHeaders(child(tree, "headers"), [...path, "headers"], read),
    metadata: read.texts(child(tree, "metadata"), [...path, "metadata"]),
  };
  switch (kind) {
    case "allow":
      return { ...common, kind };
    case "deny":
      return { ...common, kind, ...readDeny(body, at, read) };
    case "limit":
      return { ...common, kind, ...readLimit(body, at, read, report) };
    case "check":
      return {
        ...common,
        kind,
        handler: textOf(child(body, "handler")) ?? "",
        instance: textOf(child(body, "instance")),
        timeoutMs: millisecondsOf(child(body, "timeout"), [...at, "timeout"], 50, report),
      };
  }
}

function createRuleReader(expressions: ExpressionReader): RuleReader {
  const text: RuleReader["text"] = (tree, path) => {
    if (tree === undefined || isEmpty(tree)) return undefined;
    if (tree.kind === "scalar") return { plain: textOf(tree) ?? String(tree.value) };
    const expression = expressions.read(child(tree, "value"), [...path, "value"], "label");
    return expression && { expression };
  };
  return {
    text,
    texts: (tree, path) =>
      entriesOf(tree).flatMap(({ key, value }) => {
        const found = text(value, [...path, key]);
        return found === undefined ? [] : [{ name: key, text: found }];
      }),
    expression: (tree, path, use) => expressions.read(tree, path, use),
  };
}

function readHeaders(tree: Tree | undefined, path: Path, read: RuleReader): CheckedPolicy["headers"] {
  return {
    upstream: readChanges(child(tree, "upstream"), [...path, "upstream"], read),
    client: readChanges(child(tree, "client"), [...path, "client"], read),
  };
}

function readChanges(tree: Tree | undefined, path: Path, read: RuleReader): CheckedChanges {
  const of = (action: "set" | "add" | "append") => read.texts(child(tree, action), [...path, action]);
  const remove = itemsOf(child(tree, "remove")).flatMap((item) => textOf(item) ?? []);
  return { set: of("set"), add: of("add"), append: of("append"), remove };
}

function readDeny(body: Tree | undefined, at: Path, read: RuleReader) {
  const status = numberOf(child(body, "status"));
  const written = child(body, "code");
  const code = numberOf(written) ?? grpcCodes[textOf(written) as keyof typeof grpcCodes];
  return {
    status: status ?? httpStatusOf(code ?? 7),
    code: code ?? grpcCodeOf(status ?? 403),
    message: read.text(child(body, "message"), [...at, "message"]),
    body: read.text(child(body, "body"), [...at, "body"]),
    denyHeaders: read.texts(child(body, "headers"), [...at, "headers"]),
  };
}

function readLimit(body: Tree | undefined, at: Path, read: RuleReader, report: Report) {
  const rate = read.text(child(body, "rate"), [...at, "rate"]);
  const concurrent = numberOf(child(body, "concurrent"));
  const place = (key: string) => child(body, key)?.at ?? body?.at;
  const complain = (key: string, message: string, expected: string) => {
    const where = place(key);
    if (where !== undefined) report({ at: where, path: [...at, key], message, expected });
  };
  if (rate === undefined && concurrent === undefined)
    complain("rate", "a limit needs a rate, or a number of concurrent requests", '"rate", such as "100/1m"');
  if (rate !== undefined && concurrent !== undefined)
    complain("concurrent", "a limit has a rate or a number of concurrent requests, not both", "one of them");
  const plain = rate !== undefined && "plain" in rate ? parseRate(rate.plain) : undefined;
  if (rate !== undefined && "plain" in rate && plain === undefined)
    complain("rate", `"${rate.plain}" is no rate`, 'how many in what time, such as "100/1m" or "5/1s"');
  const store = textOf(child(body, "store")) ?? "memory";
  return {
    key: itemsOf(child(body, "key")).flatMap((item, i) => read.expression(item, [...at, "key", i], "label") ?? []),
    rate: plain ?? (rate !== undefined && "expression" in rate ? rate.expression : undefined),
    concurrent,
    burst: numberOf(child(body, "burst")),
    algorithm: (textOf(child(body, "algorithm")) ?? "gcra") as "gcra" | "fixed" | "sliding",
    cost: read.expression(child(body, "cost"), [...at, "cost"], "value"),
    maxAgeMs: millisecondsOf(child(body, "maxAge"), [...at, "maxAge"], 30_000, report),
    store,
    timeoutMs: millisecondsOf(child(body, "timeout"), [...at, "timeout"], 50, report),
    status: numberOf(child(body, "status")) ?? 429,
  };
}

function millisecondsOf(tree: Tree | undefined, path: Path, fallback: number, report: Report): number {
  const text = textOf(tree);
  if (tree === undefined || text === undefined) return fallback;
  const nanos = parseDuration(text);
  if (nanos !== undefined && nanos > 0) return Number(nanos) / 1e6;
  report({ at: tree.at, path, message: `"${text}" is no duration`, expected: "one such as 50ms or 1s" });
  return fallback;
}

function numberOf(tree: Tree | undefined): number | undefined {
  return tree?.kind === "scalar" && typeof tree.value === "number" ? tree.value : undefined;
}

const isTrue = (tree: Tree | undefined): boolean => tree?.kind === "scalar" && tree.value === true;

const statuses: Readonly<Record<number, number>> = {
  ...{ 1: 499, 2: 500, 3: 400, 4: 504, 5: 404, 6: 409, 7: 403, 8: 429, 9: 400, 10: 409, 11: 400, 12: 501, 13: 500 },
  ...{ 14: 503, 15: 500, 16: 401 },
};

/** The HTTP status that fits a gRPC code (google.rpc.Code). */
export const httpStatusOf = (code: number): number => statuses[code] ?? 403;

/** The gRPC code that fits an HTTP status, as gRPC's own table for proxies has it, and 429 as google.rpc.Code. */
export function grpcCodeOf(status: number): number {
  const known: Readonly<Record<number, number>> = {
    400: 3,
    401: 16,
    403: 7,
    404: 5,
    409: 10,
    429: 8,
    499: 1,
    501: 12,
    503: 14,
    504: 4,
  };
  return known[status] ?? (status >= 500 ? 13 : 7);
}

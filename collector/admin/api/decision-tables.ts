import type { z } from "zod";
import type { decisionSumsAnswer, decisionsAnswer } from "./decision-answers.ts";
import { type Column, formatTable } from "./text-table.ts";

const left = (head: string): Column => ({ head, alignRight: false });
const right = (head: string): Column => ({ head, alignRight: true });

/** Decisions as a table. */
export function decisionsTable({ decisions, cursor }: z.output<typeof decisionsAnswer>): string {
  const heads = ["time", "verdict", "rule", "shadow", "cache", "method", "host", "path", "message"];
  const rows = decisions.map(({ time, allowed, rule, shadow, cache, attributes, message }) => [
    ...[time, allowed ? "allow" : "deny", rule, shadow === null ? "" : shadow.allowed ? "allow" : "deny", cache],
    ...["request.method", "request.host", "request.url_path"].map((name) => String(attributes[name] ?? "")),
    message,
  ]);
  return formatTable(heads.map(left), rows) + (cursor === null ? "" : `# more: cursor=${cursor}\n`);
}

/** Sums of decisions as a table. */
export function decisionSumsTable({ decisions, truncated }: z.output<typeof decisionSumsAnswer>): string {
  const names = Object.keys(decisions[0]?.labels ?? {});
  const counts = ["decisions", "allowed", "denied", "shadowDenied", "errors", "cacheHits"] as const;
  const heads = ["decisions", "allowed", "denied", "shadow denied", "errors", "cache hits", "mean ms"];
  const rows = decisions.map(({ labels, durationMs, ...sums }) => [
    ...names.map((name) => labels[name] ?? ""),
    ...counts.map((name) => String(sums[name])),
    durationMs.mean.toFixed(3),
  ]);
  return formatTable([...names.map(left), ...heads.map(right)], rows) + (truncated ? "# there are more\n" : "");
}

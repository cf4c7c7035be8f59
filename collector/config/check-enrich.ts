import { isIP } from "node:net";
import type { Vocabulary } from "../../schemas/attributes/vocabulary.ts";
import { nearest } from "../../schemas/model/nearest.ts";
import { parseRoutePattern } from "../../schemas/model/route-pattern.ts";
import type { Path, Report } from "./problem.ts";
import { child, type Entry, entriesOf, itemsOf, type Tree, textOf } from "./tree.ts";

/** Checks the keys of the enrich tables and the attributes they give. */
export function checkEnrich(enrich: Tree | undefined, vocabulary: Vocabulary, report: Report): void {
  const names = peerAttributes(vocabulary);
  for (const entry of entriesOf(child(enrich, "addresses"))) {
    const path: Path = ["enrich", "addresses", entry.key];
    if (!isAddress(entry.key))
      report({
        at: entry.keyAt,
        path,
        message: `"${entry.key}" is no address`,
        expected: "an IP address or a CIDR such as 10.0.0.0/8",
      });
    checkPeer(entry, path, names, report);
  }
  for (const entry of entriesOf(child(enrich, "principals"))) {
    const path: Path = ["enrich", "principals", entry.key];
    if (entry.key.startsWith("spiffe://")) {
      report({
        at: entry.keyAt,
        path,
        message: "principals are written without spiffe://",
        suggestion: entry.key.slice("spiffe://".length),
      });
    }
    checkPeer(entry, path, names, report);
  }
}

/** Names below source. and destination., and whether they hold a map. */
function peerAttributes({ attributes }: Vocabulary): ReadonlyMap<string, boolean> {
  return new Map(
    attributes.flatMap(({ name, type }): [string, boolean][] => {
      const [, below] = /^(?:source|destination)\.(.+)$/.exec(name) ?? [];
      return below === undefined ? [] : [[below, type === "STRING_MAP"]];
    }),
  );
}

function checkPeer({ value }: Entry, path: Path, names: ReadonlyMap<string, boolean>, report: Report): void {
  for (const { key, keyAt, value: given } of entriesOf(value)) {
    const isMap = names.get(key);
    if (isMap === undefined)
      report({
        at: keyAt,
        path: [...path, key],
        message: `no attribute source.${key} or destination.${key}`,
        suggestion: nearest(key, names.keys()),
      });
    else if (isMap !== (given.kind === "map"))
      report({
        at: given.at,
        path: [...path, key],
        message: `"${key}" is of the wrong kind`,
        expected: isMap ? "a mapping of texts" : "text",
      });
  }
}

function isAddress(text: string): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

/** Checks that route templates can be read. */
export function checkRoutes(routes: Tree | undefined, report: Report): void {
  for (const [index, tree] of itemsOf(child(routes, "templates")).entries()) {
    const text = textOf(tree);
    if (text === undefined) continue;
    const parsed = parseRoutePattern(text);
    if (parsed.ok) continue;
    report({
      at: tree.at,
      path: ["routes", "templates", index],
      message: `"${text}" is no path template`,
      expected: parsed.expected,
    });
  }
}

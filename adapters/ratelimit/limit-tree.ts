import type { Json } from "../../schemas/model/access-log.ts";
import { limitUnits } from "../../schemas/model/rate-limit.ts";
import { type Place, readYaml } from "./yaml-reader.ts";

/** A unit of limits. */
export type Unit = keyof typeof limitUnits;

/** What a descriptor is held to. */
export interface Limit {
  readonly requestsPerUnit: number;
  /** Undefined where it is unlimited. */
  readonly unit: Unit | undefined;
  readonly name: string;
  readonly replaces: readonly string[];
  readonly shadowMode: boolean;
  readonly quotaMode: boolean;
  readonly detailedMetric: boolean;
  readonly metadata: { readonly [name: string]: Json } | undefined;
}

/** A value with stars in it, cut at them. */
export interface Wildcard {
  readonly key: string;
  readonly parts: readonly string[];
  readonly node: LimitNode;
}

/** One level of descriptors. */
export interface LimitNode {
  /** By key, or by key and value with an underscore between them. */
  readonly children: Map<string, LimitNode>;
  readonly wildcards: Wildcard[];
  readonly limit: Limit | undefined;
  readonly valueToMetric: boolean;
  readonly shareThreshold: boolean;
}

/** The limits of all domains. */
export type Domains = ReadonlyMap<string, LimitNode>;

/** A file with limits. */
export interface LimitFile {
  readonly name: string;
  readonly content: string;
}

/** The names that the format has; envoyproxy/ratelimit takes each of them in any mapping. */
const known: ReadonlySet<string> = new Set([
  ...["domain", "descriptors", "key", "value", "rate_limit", "unit", "requests_per_unit", "unlimited", "name"],
  ...["replaces", "shadow_mode", "quota_mode", "detailed_metric", "value_to_metric", "share_threshold", "metadata"],
]);

/** Reads files in the form of envoyproxy/ratelimit; throws a FileProblem at the first thing wrong. */
export function readDomains(files: readonly LimitFile[], mergeDomains: boolean): Domains {
  const domains = new Map<string, LimitNode>();
  for (const { name: file, content } of files) {
    const root = readYaml(file, content);
    if (root === undefined) continue;
    const members = root.members(known);
    const domain = members.get("domain")?.text() ?? "";
    if (domain === "") root.fail("a file cannot have an empty domain");
    const before = domains.get(domain);
    if (before !== undefined && !mergeDomains)
      (members.get("domain") ?? root).fail(
        `the domain "${domain}" is in another file too: expected it once, or mergeDomains`,
      );
    const node = before ?? emptyNode();
    domains.set(domain, node);
    readDescriptors(members.get("descriptors"), node, `${domain}.`);
  }
  return domains;
}

const emptyNode = (): LimitNode => ({
  ...{ children: new Map(), wildcards: [], limit: undefined, valueToMetric: false, shareThreshold: false },
});

function readDescriptors(place: Place | undefined, parent: LimitNode, path: string): void {
  for (const item of place?.items() ?? []) {
    const members = item.members(known);
    const key = members.get("key")?.text() ?? "";
    if (key === "") item.fail("a descriptor has an empty key");
    const value = members.get("value")?.text() ?? "";
    const full = value === "" ? key : `${key}_${value}`;
    if (parent.children.has(full)) item.fail(`duplicate descriptor "${path}${full}"`);
    const node = readNode(members, full);
    parent.children.set(full, node);
    if (full.includes("*")) parent.wildcards.push({ key: full, parts: full.split("*"), node });
    readDescriptors(members.get("descriptors"), node, `${path}${full}.`);
  }
}

function readNode(members: ReadonlyMap<string, Place>, full: string): LimitNode {
  const isSet = (name: string) => members.get(name)?.truth() ?? false;
  const rateLimit = members.get("rate_limit");
  const shareThreshold = isSet("share_threshold");
  if (shareThreshold && !full.includes("*"))
    members.get("share_threshold")?.fail(`share_threshold needs a value with a "*", and "${full}" has none`);
  const flags = {
    shadowMode: isSet("shadow_mode"),
    quotaMode: isSet("quota_mode"),
    detailedMetric: isSet("detailed_metric"),
    metadata: readMetadata(members.get("metadata")),
  };
  const limit = rateLimit === undefined || rateLimit.plain() === null ? undefined : readLimit(rateLimit, flags);
  return { ...emptyNode(), limit, valueToMetric: isSet("value_to_metric"), shareThreshold };
}

function readLimit(
  place: Place,
  flags: Pick<Limit, "shadowMode" | "quotaMode" | "detailedMetric" | "metadata">,
): Limit {
  const members = place.members(known);
  const text = members.get("unit")?.text() ?? "";
  const unit = Object.hasOwn(limitUnits, text.toUpperCase()) ? (text.toUpperCase() as Unit) : undefined;
  const unlimited = members.get("unlimited")?.truth() ?? false;
  const expected = `expected one of ${Object.keys(limitUnits).join(", ").toLowerCase()}`;
  if (unlimited && unit !== undefined) (members.get("unit") ?? place).fail("what is unlimited has no unit");
  if (!unlimited && unit === undefined) (members.get("unit") ?? place).fail(`"${text}" is no unit: ${expected}`);
  const name = members.get("name")?.text() ?? "";
  return {
    ...flags,
    requestsPerUnit: members.get("requests_per_unit")?.uint32() ?? 0,
    ...{ unit, name },
    replaces: (members.get("replaces")?.items() ?? []).map((item) => readReplaced(item, name)),
  };
}

function readReplaced(item: Place, own: string): string {
  const name = item.members(known).get("name")?.text() ?? "";
  if (name === "") item.fail("an entry of replaces has no name");
  if (name === own) item.fail(`replaces cannot name its own limit "${own}"`);
  return name;
}

function readMetadata(place: Place | undefined): Limit["metadata"] {
  const plain = place?.plain() ?? undefined;
  if (place === undefined || plain === undefined) return undefined;
  if (typeof plain !== "object" || Array.isArray(plain)) return place.fail("metadata is a mapping");
  return Object.keys(plain).length > 0 ? (JSON.parse(JSON.stringify(plain)) as { [name: string]: Json }) : undefined;
}

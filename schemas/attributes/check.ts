import type { Attribute } from "./attribute.ts";

const decided = "the hub's own decision for this request, when joined";

/** The attributes of decisions: the hub's own, and what rate limit requests ask about. */
export const checkAttributes = [
  {
    name: "check.error_code",
    type: "INT64",
    meaning: "gRPC code of the hub's decision.",
    accessLog: decided,
    spanField: decided,
  },
  {
    name: "check.error_message",
    type: "STRING",
    meaning: "Message of the hub's decision.",
    accessLog: decided,
    spanField: decided,
  },
  { name: "check.cache_hit", type: "BOOL", meaning: "Whether the decision came from a cache." },
  { name: "quota.cache_hit", type: "BOOL", meaning: "Whether the quota came from a cache." },
  {
    name: "check.rule",
    type: "STRING",
    meaning: "Rule that decided.",
    ours: true,
    accessLog: decided,
    spanField: decided,
  },
  {
    name: "check.revision",
    type: "STRING",
    meaning: "Revision of the policy that decided.",
    ours: true,
    accessLog: decided,
    spanField: decided,
  },
  {
    name: "check.shadow",
    type: "STRING",
    meaning: "Verdict of shadow rules.",
    ours: true,
    accessLog: decided,
    spanField: decided,
  },
  { name: "rbac.permissive.response_code", type: "STRING", meaning: "Shadow RBAC result." },
  { name: "rbac.permissive.effective_policy_id", type: "STRING", meaning: "Shadow RBAC policy." },
  { name: "ratelimit.domain", type: "STRING", meaning: "Rate limit domain.", ours: true, limit: "domain" },
  {
    name: "ratelimit.descriptor",
    type: "STRING_MAP",
    meaning: "Entries of one rate limit descriptor.",
    ours: true,
    limit: "one descriptor's entries; rules run once for each",
  },
  {
    name: "ratelimit.hits",
    type: "INT64",
    meaning: "Hits that the request adds.",
    ours: true,
    limit: "hits_addend of the descriptor, else of the request, else 1",
  },
  {
    name: "check.verdict",
    type: "STRING",
    meaning: "allow or deny: what the hub decided.",
    ours: true,
    accessLog: decided,
    spanField: decided,
  },
] as const satisfies readonly Attribute[];

import type { Attribute } from "./attribute.ts";

/** The attributes of check. */
export const checkAttributes = [
  { name: "check.error_code", type: "INT64", meaning: "gRPC code of the hub's decision." },
  { name: "check.error_message", type: "STRING", meaning: "Message of the hub's decision." },
  { name: "check.cache_hit", type: "BOOL", meaning: "Whether the decision came from a cache." },
  { name: "quota.cache_hit", type: "BOOL", meaning: "Whether the quota came from a cache." },
  { name: "check.rule", type: "STRING", meaning: "Rule that decided." },
  { name: "check.revision", type: "STRING", meaning: "Revision of the policy that decided." },
  { name: "check.shadow", type: "STRING", meaning: "Verdict of shadow rules." },
  { name: "rbac.permissive.response_code", type: "STRING", meaning: "Shadow RBAC result." },
  { name: "rbac.permissive.effective_policy_id", type: "STRING", meaning: "Shadow RBAC policy." },
  { name: "ratelimit.domain", type: "STRING", meaning: "Rate limit domain." },
  { name: "ratelimit.descriptor", type: "STRING_MAP", meaning: "Entries of one rate limit descriptor." },
  { name: "ratelimit.hits", type: "INT64", meaning: "Hits that the request adds." },
] as const satisfies readonly Attribute[];

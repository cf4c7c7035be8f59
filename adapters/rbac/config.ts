import { z } from "zod";
import { durationSetting } from "../shared/duration-setting.ts";

const labels = z.record(z.string(), z.string());

/** Settings of the rbac adapter. */
export const config = z.strictObject({
  files: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .transform((files) => (typeof files === "string" ? [files] : files))
    .describe(
      "Files with AuthorizationPolicy resources, as paths, folders or globs; relative ones are below the working directory of the hub.",
    ),
  refresh: durationSetting("1s", "How often the files are looked at for changes."),
  rootNamespace: z.string().min(1).default("istio-system").describe("Namespace whose policies hold for all workloads."),
  trustDomain: z.string().min(1).default("cluster.local").describe("Trust domain of the mesh."),
  trustDomainAliases: z
    .array(z.string().min(1))
    .default([])
    .describe("Trust domains that principals of the mesh's own stand for as well."),
  workloads: z
    .record(z.string().min(1), z.union([labels, z.strictObject({ namespace: z.string().min(1).optional(), labels })]))
    .default({})
    .describe(
      "Labels of called workloads, by NAMESPACE/SERVICE_ACCOUNT or by address; with an address as { namespace, labels } where the request does not tell the namespace.",
    ),
  providers: z
    .record(z.string().min(1), z.enum(["allow", "deny"]))
    .default({})
    .describe("What extension providers of CUSTOM policies are taken to answer; one that is not listed refuses."),
  spaceDelimitedClaims: z
    .array(z.string().min(1))
    .default([])
    .describe("Claims that are split at spaces into lists, beside scope and permission."),
});

/** Checked settings with the defaults filled in. */
export type RbacConfig = z.output<typeof config>;

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { temporaryFolder } from "./support/folder.ts";
import { type Hub, startHub } from "./support/hub.ts";
import { measured } from "./support/needs.ts";
import { connectRls, type RlsClient } from "./support/rls-client.ts";
import { waitUntil } from "./support/wait.ts";

const budget = 700;
const reloads = 8;
const folder = temporaryFolder("limits-reload");
const file = join(folder.path, "limits.yaml");

/** Limits of the domain `files`; the same whatever the round. */
const limits = (round: number) => `# round ${round}
domain: files
descriptors:
  - key: tenant
    rate_limit: { unit: day, requests_per_unit: ${budget} }
`;

/** Every round has another policy revision, and a handler that is opened anew. */
const settings = (round: number) => ({
  listeners: Object.fromEntries(["grpc", "admin"].map((name) => [name, { address: "127.0.0.1:0" }])),
  handlers: { limits: { adapter: "ratelimit", params: { files: file, nearLimitRatio: round % 2 === 0 ? 0.8 : 0.9 } } },
  rules: [
    { name: `round-${round}`, match: 'ratelimit.domain == "nobody"', deny: {} },
    {
      name: "tenants",
      match: 'ratelimit.domain == "rules"',
      limit: { key: ['ratelimit.descriptor["tenant"]'], rate: `${budget}/24h`, algorithm: "fixed" },
    },
  ],
});

let hub: Hub;
let client: RlsClient;
beforeAll(async () => {
  writeFileSync(file, limits(0));
  hub = await startHub({ base: [], settings: settings(0) });
  client = await connectRls(hub.listeners.grpc ?? "");
});
afterAll(async () => {
  await client?.close();
  await hub?.stop();
  folder.remove();
});

test("no rate limit request fails while configuration and files are loaded anew, and budgets go on", async () => {
  const codes = { files: [] as string[], rules: [] as string[] };
  let isOver = false;
  const load = async (domain: keyof typeof codes) => {
    while (!isOver) {
      const request = { domain, descriptors: [{ entries: [{ key: "tenant", value: "acme" }] }] };
      codes[domain].push((await client.ask(request)).overallCode);
    }
  };
  const loads = (["files", "rules"] as const).flatMap((domain) => Array.from({ length: 4 }, () => load(domain)));
  const applied = () => hub.total("mixdown_config_reloads_total", { outcome: "applied" });
  for (let round = 1; round <= reloads; round++) {
    writeFileSync(file, limits(round));
    hub.configure(settings(round));
    await waitUntil(`reload ${round}`, async () => (await applied()) === round);
  }
  await waitUntil("both budgets to be used up", () => Object.values(codes).every((all) => all.at(-1) === "OVER_LIMIT"));
  isOver = true;
  await Promise.all(loads);
  const ok = (all: readonly string[]) => all.filter((code) => code === "OK").length;
  expect({ files: ok(codes.files), rules: ok(codes.rules) }).toEqual({ files: budget, rules: budget });
  measured("rate limit requests under reload", `${codes.files.length + codes.rules.length} over ${reloads} reloads`);
});

import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { anApi, someStats, startMs, type TestApi } from "../../collector/admin/api/api.fixture.ts";
import { apiErrors } from "../../collector/admin/api/api-error.ts";
import type { DecisionQueries } from "../../collector/admin/api/decision-routes.ts";
import type { Decision } from "../../schemas/model/decision.ts";
import { fencesOf, root } from "../support/documents.ts";
import { shopRequests } from "../support/shop-requests.ts";

const file = "docs/api.md";
const page = readFileSync(root + file, "utf8");

interface Example {
  readonly place: string;
  readonly path: string;
  readonly language: string;
  readonly answer: string;
}

/** Every curl with the block that follows it. */
const examples = fencesOf(file, page).flatMap(({ place, language, text }, index, fences): Example[] => {
  if (language !== "sh") return [];
  const next = fences[index + 1];
  return [{ place, path: pathOf(text), language: next?.language ?? "", answer: next?.text ?? "" }];
});

/** What curl would ask for. */
function pathOf(command: string): string {
  const [, path = ""] = /'localhost:8080\/api\/v1([^']*)'/.exec(command) ?? [];
  const fields = [...command.matchAll(/--data-urlencode '(\w+)=([^']*)'/g)];
  const query = fields.map(([, name, value = ""]) => `${name}=${encodeURIComponent(value)}`).join("&");
  return query === "" ? path : `${path}?${query}`;
}

const refused: Decision = {
  ...{ id: "0b8e2c1e-5d0c-4a3b-9d55-2f6a1d0c7e11", timeMs: startMs - 1880, rule: "no-admin", revision: "8d1f03c2" },
  ...{ allowed: false, code: 7, status: 403, message: "keep out", shadow: undefined, cache: "miss", durationMs: 0.04 },
  ...{ reasons: [{ rule: "no-admin", outcome: "deny", shadow: false }], limits: [] },
  attributes: {
    ...{ "request.method": "GET", "request.host": "shop", "request.url_path": "/admin/users", "request.id": "a1" },
  },
};
const decisions: DecisionQueries = {
  list: async () => ({ ok: true, value: { decisions: [refused], cursor: 4711 } }),
  sum: async () => ({ ok: true, value: { groups: [], truncated: false } }),
};

describe("the page on the API", () => {
  let api: TestApi;
  let closeStats: () => Promise<void>;

  beforeAll(async () => {
    const { stats, close } = await someStats();
    closeStats = close;
    for (const request of shopRequests(startMs)) stats.record(request);
    const row = {
      ...{ node: "sidecar~10.0.0.7~reviews-v1-0.default~", cluster: "reviews.default", logName: "http" },
      ...{ version: "1.28.0", streams: 1, messages: 12, entries: 120, malformed: 0 },
      ...{ firstSeenMs: startMs - 60_000, lastSeenMs: startMs - 1000, entriesPerSecond: 2, clockSkewMs: 420 },
    };
    const { node, cluster, version, firstSeenMs, lastSeenMs } = row;
    const pushed = { node, cluster, version, firstSeenMs, lastSeenMs, logsWritten: 120, logsDropped: 0 };
    const proxies = { rows: () => [row], statistics: { rows: () => [pushed] }, overflow: 0 };
    api = await anApi({ stats, proxies, decisions });
  });
  afterAll(async () => {
    await api.close();
    await closeStats();
  });

  test("has examples", () => expect(examples.length).toBeGreaterThan(7));

  test.each(examples)("$place $path", async ({ path, language, answer }) => {
    const { body } = await api.ask(path);
    if (language === "text") expect(body).toBe(answer);
    else expect(JSON.parse(body)).toMatchObject(JSON.parse(answer));
  });

  test("lists every code of an error, and no other", () => {
    const table = [...page.matchAll(/^\| `([A-Z_]+)` \| (\d+) \| (.*) \|$/gm)];
    const listed = table.map(([, code = "", status, meaning]) => [code, { status: Number(status), meaning }]);
    expect(Object.fromEntries(listed)).toEqual(apiErrors);
  });

  test("names every path", async () => {
    const { paths } = (await api.ask("/openapi.json")).json<{ paths: object }>();
    for (const path of Object.keys(paths)) expect(page).toContain(path);
  });
});

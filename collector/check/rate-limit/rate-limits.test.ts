import { describe, expect, it } from "vitest";
import type { LimitStore, OpenLimiter } from "../../../adapters/limiter.ts";
import type { LimitReceipt } from "../../../schemas/model/check-request.ts";
import type { RateLimitAnswer, RateLimitDescriptor } from "../../../schemas/model/rate-limit.ts";
import type { TracedWork } from "../../../schemas/model/traced-work.ts";
import type { HeaderChange, LimitState, Verdict } from "../../../schemas/model/verdict.ts";
import { manualClock } from "../../../test/support/manual-clock.ts";
import { createMemoryStore } from "../limits/memory-store.ts";
import { createRateLimits, type Decide } from "./rate-limits.ts";

const aVerdict = (verdict: Partial<Verdict> = {}): Verdict => ({
  ...{
    id: "1",
    allowed: true,
    denial: undefined,
    rule: "",
    revision: "r",
    changes: {},
    reasons: [],
    shadow: undefined,
  },
  ...{ cache: "off", limits: [], ...verdict },
});

const aState = (state: Partial<LimitState> = {}): LimitState => ({
  ...{ rule: "r", limit: 10, remaining: 9, resetMs: 30_000, windowMs: 60_000, exceeded: false, ...state },
});

const aDescriptor = (descriptor: Partial<RateLimitDescriptor> = {}): RateLimitDescriptor => ({
  ...{ entries: [{ key: "a", value: "1" }], limit: undefined, hits: 1, ownHits: undefined, ...descriptor },
});

const set = (name: string, value: string): HeaderChange => ({ action: "set", name, value });

function ask(
  verdicts: readonly (Verdict | Promise<Verdict>)[],
  { tellsClient = false, descriptors = verdicts.map(() => aDescriptor()), rateLimits = aService() } = {},
): LimitReceipt | Promise<LimitReceipt> {
  let asked = 0;
  const decide: Decide = () => verdicts[asked++ % verdicts.length] as Verdict;
  return rateLimits.answer({ request: { domain: "d", hitsAddend: 0, descriptors }, tellsClient, waitsMs: 20 }, decide);
}

function aService(limiters: Parameters<typeof createRateLimits>[0]["limiters"] = [], clock = manualClock()) {
  const overrides = createMemoryStore({ maxKeys: 100, now: () => 90_000 });
  return createRateLimits({ limiters, overrides, after: (ms, callback) => clock.after(ms, callback) });
}

const answerOf = async (receipt: LimitReceipt | Promise<LimitReceipt>): Promise<RateLimitAnswer> => {
  const given = await receipt;
  if ("answer" in given) return given.answer;
  throw new Error(given.failure);
};

describe("what rules decide on descriptors", () => {
  it("is a status for each, in order, with the limit that refused or else the tightest", async () => {
    const { overLimit, statuses } = await answerOf(
      ask([
        aVerdict({ limits: [aState({ remaining: 5 }), aState({ rule: "tight", remaining: 2, windowMs: 1000 })] }),
        Promise.resolve(
          aVerdict({
            allowed: false,
            limits: [aState({ remaining: 1 }), aState({ rule: "over", remaining: 3, exceeded: true })],
          }),
        ),
        aVerdict(),
        aVerdict({ allowed: false }),
      ]),
    );
    expect(overLimit).toBe(true);
    expect(statuses).toEqual([
      {
        overLimit: false,
        limit: { requestsPerUnit: 10, unit: "SECOND", name: "tight" },
        remaining: 2,
        resetMs: 30_000,
      },
      { overLimit: true, limit: { requestsPerUnit: 10, unit: "MINUTE", name: "over" }, remaining: 0, resetMs: 30_000 },
      { overLimit: false, limit: undefined, remaining: 0, resetMs: undefined },
      { overLimit: true, limit: undefined, remaining: 0, resetMs: undefined },
    ]);
  });

  it("tells the client of all limits, as Envoy would", async () => {
    const { responseHeaders } = await answerOf(
      ask(
        [
          aVerdict({ limits: [aState({ rule: 'q"', limit: 100, remaining: 50, windowMs: 3_600_000, resetMs: 1500 })] }),
          aVerdict({ limits: [aState({ rule: "s", remaining: 4, windowMs: 1000, resetMs: 200 })] }),
          aVerdict({ limits: [aState({ rule: "odd", remaining: 90, windowMs: 7000 })] }),
        ],
        { tellsClient: true },
      ),
    );
    expect(responseHeaders).toEqual([
      { name: "x-ratelimit-limit", value: '10, 100;w=3600;name="q\\"", 10;w=1;name="s"' },
      { name: "x-ratelimit-remaining", value: "4" },
      { name: "x-ratelimit-reset", value: "1" },
    ]);
  });

  it("gathers headers, body and metadata, with the longest wait", async () => {
    const answer = await answerOf(
      ask([
        aVerdict({ changes: { upstream: [set("x-up", "1"), { action: "remove", name: "y" }], metadata: { a: 1 } } }),
        ...["7", "30", "8"].map((seconds) =>
          aVerdict({
            ...{ allowed: false, denial: { status: 429, code: 8, message: "", body: `wait ${seconds}` } },
            changes: { client: [set("retry-after", seconds)], metadata: { b: seconds } },
          }),
        ),
      ]),
    );
    expect(answer).toMatchObject({
      ...{ requestHeaders: [{ name: "x-up", value: "1" }], body: "wait 7", metadata: { a: 1, b: "8" } },
      responseHeaders: [{ name: "retry-after", value: "30" }],
    });
  });
});

describe("a limit that comes with a descriptor", () => {
  const limit = { requestsPerUnit: 3, unit: "MINUTE" } as const;

  it("holds in fixed windows, for its own descriptor, by the hits that it adds", async () => {
    const rateLimits = aService();
    const take = async (value: string, hits: number) =>
      (
        await answerOf(
          ask([aVerdict()], {
            rateLimits,
            descriptors: [aDescriptor({ entries: [{ key: "a", value }], limit, hits })],
          }),
        )
      ).statuses[0];
    expect(await take("x", 2)).toEqual({
      ...{ overLimit: false, remaining: 1, resetMs: 30_000 },
      limit: { requestsPerUnit: 3, unit: "MINUTE", name: "" },
    });
    expect(await take("x", 2)).toMatchObject({ overLimit: true, remaining: 0 });
    expect(await take("y", 3)).toMatchObject({ overLimit: false });
    expect(await take("x", -1)).toMatchObject({ overLimit: false, remaining: 2 });
  });

  it("says when to come again", async () => {
    const descriptors = [aDescriptor({ limit, hits: 4 })];
    const { responseHeaders } = await answerOf(ask([aVerdict()], { descriptors }));
    expect(responseHeaders).toEqual([{ name: "retry-after", value: "30" }]);
  });

  it("takes nothing where rules refuse, and gives way to a tighter limit of theirs", async () => {
    const rateLimits = aService();
    const descriptors = [aDescriptor({ limit })];
    await ask([aVerdict({ allowed: false })], { rateLimits, descriptors });
    const tighter = aVerdict({ limits: [aState({ remaining: 1 })] });
    expect((await answerOf(ask([tighter], { rateLimits, descriptors }))).statuses[0]?.limit?.name).toBe("r");
    expect((await answerOf(ask([aVerdict()], { rateLimits, descriptors }))).statuses[0]?.remaining).toBe(1);
  });
});

describe("a domain of a handler", () => {
  const store = {} as LimitStore;
  const limiter = (answer: OpenLimiter["answer"]): OpenLimiter => ({
    has: (domain) => domain === "d",
    answer,
    close: async () => {},
  });
  const given: RateLimitAnswer = {
    ...{
      overLimit: false,
      statuses: [],
      responseHeaders: [],
      requestHeaders: [],
      body: undefined,
      metadata: undefined,
    },
  };

  it("is answered by it and no rule, counting in its store", async () => {
    const seen: LimitStore[] = [];
    const own = limiter((_request, where) => {
      seen.push(where);
      return given;
    });
    const rateLimits = aService([{ limiter: own, store, storeName: "counts" }]);
    expect(await answerOf(ask([aVerdict({ allowed: false })], { rateLimits }))).toBe(given);
    expect(seen).toEqual([store]);
  });

  it("counts in the same store where that is traced", async () => {
    const told: string[] = [];
    const work: TracedWork = { start: (name) => ({ ...work, end: () => void told.push(name) }), end() {} };
    const slow = { ...store, count: async () => 3 };
    const own = limiter(async (_request, where) => {
      await where.count({ key: "k", hits: 1, limit: 1, keepMs: 1 });
      return given;
    });
    const rateLimits = aService([{ limiter: own, store: slow, storeName: "counts" }]);
    const request = { domain: "d", hitsAddend: 0, descriptors: [aDescriptor()] };
    const call = { request, tellsClient: true, waitsMs: 20, work };
    expect(await rateLimits.answer(call, () => aVerdict())).toEqual({ answer: given });
    expect(told).toEqual(["take counts"]);
  });

  it.each<[string, OpenLimiter["answer"]]>([
    ["rejects", () => Promise.reject(new Error("Redis is gone"))],
    [
      "throws",
      () => {
        throw new Error("Redis is gone");
      },
    ],
  ])("has no answer where it %s", async (_name, answer) => {
    const rateLimits = aService([{ limiter: limiter(answer), store, storeName: "counts" }]);
    expect(await ask([aVerdict()], { rateLimits })).toEqual({ failure: "Redis is gone" });
  });

  it("has no answer where none comes in time", async () => {
    const clock = manualClock();
    const rateLimits = aService([{ limiter: limiter(() => new Promise(() => {})), store, storeName: "counts" }], clock);
    const receipt = ask([aVerdict()], { rateLimits });
    await clock.advance(20);
    expect(await receipt).toEqual({ failure: "no answer within 20 ms" });
  });
});

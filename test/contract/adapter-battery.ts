import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { type Adapter, type Aggregator, isAggregator, type Outlet } from "../../adapters/adapter.ts";
import type { InstanceDeclaration, InstanceOf, Template } from "../../schemas/model/instance.ts";
import { type FakeHost, fakeHost } from "../support/fake-host.ts";

/** What the battery needs to know of an adapter. */
export interface BatteryOptions<T extends Template> {
  /** Settings that work, as a user would write them. */
  readonly params: unknown;
  /** What rules send to it. */
  readonly instances: readonly InstanceDeclaration[];
  /** The i-th instance sent: of `instances`, each i another one. */
  readonly instance: (i: number) => InstanceOf<T>;
  /** The text of the folder's README, with a whole configuration in its first yaml block. */
  readonly readme: string;
}

/** How a backend behaves towards an outlet, in terms of HTTP. */
export interface FakeBackend {
  /** Answers like this from now on; "down" refuses connections, "silent" never answers. */
  behave(as: number | "down" | "silent", headers?: Readonly<Record<string, string>>): void;
  /** Requests that reached it. */
  readonly received: readonly Request[];
  readonly fetch: typeof fetch;
}

/** What every adapter promises the hub, as tests. An outlet is tried against a fake of an HTTP backend behind `host.fetch`. */
export function adapterBattery<T extends Template, S extends z.ZodType>(
  adapter: Adapter<T, S>,
  options: BatteryOptions<T>,
): void {
  const settings = () => adapter.config.parse(options.params);
  const open = async (host: FakeHost) => adapter.open(settings(), host);

  describe(`the adapter ${adapter.type}`, () => {
    describe("declares itself", () => declarationBattery(adapter, options));

    it("opens and closes", async () => {
      const host = fakeHost(options.instances, { fetch: fakeBackend().fetch });
      await (await open(host)).close();
      expect(host.logged.filter(({ level }) => level === "error")).toEqual([]);
      expect([...host.pages.values()].flat()).toEqual([]);
    });

    describe("keeps its contract", async () => {
      const probe = await open(fakeHost(options.instances, { fetch: fakeBackend().fetch }));
      await probe.close();
      if (isAggregator(probe)) aggregatorBattery(open, settings, options);
      else outletBattery(open, options);
    });
  });
}

function declarationBattery<T extends Template, S extends z.ZodType>(
  adapter: Adapter<T, S>,
  { params, instances, readme }: BatteryOptions<T>,
): void {
  it("has a name and a summary of one sentence", () => {
    expect(adapter.type).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(adapter.summary).toMatch(/^[A-Z].*[^.]\.$/s);
    expect(adapter.accepts.length).toBeGreaterThan(0);
  });

  it("describes every setting", () => {
    const schema = z.toJSONSchema(adapter.config, { io: "input" }) as { properties?: Record<string, object> };
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      expect(property, name).toHaveProperty("description");
    }
  });

  it("refuses settings it does not know", () => {
    expect(adapter.config.safeParse({ ...(params as object), noSuchSetting: 1 }).success).toBe(false);
  });

  it("finds nothing wrong with settings that work", () => {
    expect(adapter.validate?.(adapter.config.parse(params), instances) ?? []).toEqual([]);
  });

  it("has a README whose configuration is valid", () => {
    const [, block = ""] = /```yaml\n(.*?)```/s.exec(readme) ?? [];
    const handlers = Object.values(
      (parse(block)?.handlers ?? {}) as Record<string, { adapter: string; params?: unknown }>,
    );
    const own = handlers.filter((handler) => handler.adapter === adapter.type);
    expect(own.length).toBeGreaterThan(0);
    for (const { params: written = {} } of own) expect(adapter.config.safeParse(written).error).toBeUndefined();
  });
}

type Open<T extends Template> = (host: FakeHost) => Promise<Outlet<T> | Aggregator<T>>;

function aggregatorBattery<T extends Template>(
  open: Open<T>,
  settings: () => unknown,
  { instances, instance }: BatteryOptions<T>,
): void {
  async function opened() {
    const host = fakeHost(instances);
    const aggregator = await open(host);
    if (!isAggregator(aggregator)) throw new Error("opened as an outlet");
    const page = () => host.scrape({}, [...host.pages.keys()][0]);
    return { host, aggregator, page };
  }

  it("shows what it records", async () => {
    const { aggregator, page } = await opened();
    const before = await page();
    aggregator.record(instance(0));
    expect(await page()).not.toBe(before);
    await aggregator.close();
  });

  it("never throws while recording, whatever comes", async () => {
    const { aggregator, page } = await opened();
    for (const value of [NaN, Infinity, -1, 2 ** 60, 5e-324]) aggregator.record({ ...instance(0), value });
    aggregator.record({ ...instance(0), instance: "nobody declared this" });
    aggregator.record({ ...instance(0), labels: { names: ["x"], values: ['\ud800\n"\\\u0000'] } });
    await page();
    await aggregator.close();
  });

  it("keeps what is aggregated when it is configured the same again", async () => {
    const { aggregator, page } = await opened();
    for (let i = 0; i < 5; i++) aggregator.record(instance(i));
    const before = await page();
    await aggregator.reconfigure?.(settings(), instances);
    expect(await page()).toBe(before);
    await aggregator.close();
  });

  it("stops showing when closed", async () => {
    const { host, aggregator } = await opened();
    await aggregator.close();
    expect([...host.pages.values()].flat()).toEqual([]);
  });

  it("does not open where it cannot show", async () => {
    const host = fakeHost(instances, { exposeMetrics: () => Promise.reject(new Error("address in use")) });
    await expect(open(host)).rejects.toThrow("address in use");
  });
}

function outletBattery<T extends Template>(open: Open<T>, { instances, instance }: BatteryOptions<T>): void {
  async function opened() {
    const backend = fakeBackend();
    const outlet = await open(fakeHost(instances, { fetch: backend.fetch }));
    if (isAggregator(outlet)) throw new Error("opened as an aggregator");
    const batch = [instance(0), instance(1), instance(2)];
    const deliver = (signal = new AbortController().signal) => outlet.deliver(batch, signal);
    return { backend, outlet, deliver };
  }

  it("delivers", async () => {
    const { backend, outlet, deliver } = await opened();
    expect(await deliver()).toEqual({ status: "delivered" });
    expect(backend.received.length).toBeGreaterThan(0);
    await outlet.close();
  });

  it.each([429, 500, 502, 503, 504])("asks for a retry on %i", async (status) => {
    const { backend, outlet, deliver } = await opened();
    backend.behave(status);
    expect(await deliver()).toMatchObject({ status: "retry", reason: expect.stringContaining(`${status}`) });
    await outlet.close();
  });

  it("passes on how long the backend wants to be left alone", async () => {
    const { backend, outlet, deliver } = await opened();
    backend.behave(503, { "retry-after": "7" });
    expect(await deliver()).toMatchObject({ status: "retry", afterMs: 7000 });
    await outlet.close();
  });

  it("asks for a retry while the backend is down", async () => {
    const { backend, outlet, deliver } = await opened();
    backend.behave("down");
    expect(await deliver()).toMatchObject({ status: "retry" });
    backend.behave(200);
    expect(await deliver()).toEqual({ status: "delivered" });
    await outlet.close();
  });

  it("says that a batch is too large, so that the hub sends halves, or gives up on 413", async () => {
    const { backend, outlet, deliver } = await opened();
    backend.behave(413);
    const { status } = await deliver();
    expect(["too_large", "rejected"]).toContain(status);
    await outlet.close();
  });

  it.each([400, 401, 403])("gives up on %i and says why", async (status) => {
    const { backend, outlet, deliver } = await opened();
    backend.behave(status);
    expect(await deliver()).toMatchObject({ status: "rejected", reason: expect.stringContaining(`${status}`) });
    await outlet.close();
  });

  it("ends a delivery that is aborted", async () => {
    const { backend, outlet, deliver } = await opened();
    backend.behave("silent");
    const abort = new AbortController();
    const delivery = deliver(abort.signal);
    abort.abort();
    expect(await delivery).toMatchObject({ status: "retry" });
    await outlet.close();
  });
}

/** An HTTP backend without sockets, 200 at first. */
export function fakeBackend(): FakeBackend {
  const received: Request[] = [];
  let answer: () => Promise<Response> = async () => new Response("", { status: 200 });
  let isDown = false;
  return {
    received,
    behave(as, headers = {}) {
      isDown = as === "down";
      answer = async () =>
        typeof as === "number" ? new Response("", { status: as, headers }) : new Promise<Response>(() => {});
    },
    async fetch(input, init) {
      if (isDown) throw new TypeError("fetch failed");
      const request = new Request(input, init);
      received.push(request);
      const { signal } = request;
      if (signal.aborted) throw signal.reason;
      const aborted = new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      return Promise.race([answer(), aborted]);
    },
  };
}

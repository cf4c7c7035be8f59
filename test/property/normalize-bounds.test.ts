import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createConnectionTable } from "../../collector/normalize/connection-table.ts";
import { createRouteTemplates } from "../../collector/normalize/route-templates.ts";
import { anHttpEntry, anOrigin, aTcpEntry, sidecarNode } from "../support/access-log-entry.ts";
import { normalizing } from "../support/normalized.ts";

const MiB = 1024 * 1024;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Heap in use once garbage is gone. */
function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

describe("a million distinct values", { timeout: 60_000 }, () => {
  it("of paths give few templates, and leave those learned before alone", () => {
    const routes = createRouteTemplates({ templates: [], learn: true, maxTemplates: 500 });
    for (let i = 0; i < 100; i++) routes.template("shop", "/health", false);
    const given = new Set<string>();
    const before = heapUsed();
    for (let i = 0; i < 1_000_000; i++) {
      const path = i % 3 === 0 ? `/u/n${i}x` : i % 3 === 1 ? `/${i}z/list` : `/deep/k${i}y/${i}y/w${i}`;
      given.add(routes.template("shop", path, false));
    }
    expect(given.size).toBeLessThanOrEqual(501);
    expect(routes.learned).toBeLessThanOrEqual(500);
    expect(routes.template("shop", "/health", false)).toBe("/health");
    expect(heapUsed() - before).toBeLessThan(8 * MiB);
  });

  it("of hosts share the budget of one, once there are too many", () => {
    const routes = createRouteTemplates({ templates: [], learn: true, maxTemplates: 50 });
    const given = new Set<string>();
    for (let i = 0; i < 200_000; i++) given.add(routes.template(`host-${i}`, `/path-${i}q`, false));
    expect(routes.learned).toBeLessThanOrEqual(1000 + 50);
    expect(given.size).toBeLessThanOrEqual(1000 + 50 + 1);
  });

  it("of connections are held in a bounded table, and each is opened once", () => {
    const table = createConnectionTable({ now: () => 0, maxLive: 1000, maxEnded: 1000 });
    let opened = 0;
    for (let i = 0; i < 100_000; i++) if (table.note(`c${i}`, i % 2 === 0, 1, 1).opened) opened++;
    expect(opened).toBe(100_000);
    expect(table.live).toBe(1000);
    expect(table.ended).toBe(1000);
    expect(table.forgotten).toBe(49_000);
  });

  it("of every text of an entry leave memory flat", () => {
    const normalize = normalizing(anOrigin(sidecarNode, { trustForwardedClientCert: true }), {
      only: [
        "route.template",
        "destination.service.host",
        "source.workload.name",
        "source.principal",
        "upstream.cluster",
      ],
      routes: { maxTemplates: 100 },
      enrich: { addresses: { "10.0.0.0/8": { name: "x" } } },
    });
    const send = (i: number) =>
      normalize(
        anHttpEntry({
          upstreamCluster: i % 2 === 0 ? `inbound|${i}||` : undefined,
          authority: `host-${i}`,
          path: `/p${i}w/${i}`,
          userAgent: `agent ${i}`,
          downstreamDirectRemoteAddress: { ip: `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`, port: i },
          requestHeaders: {
            "x-forwarded-client-cert": `URI=spiffe://td/ns/a/sa/s${i}`,
            "x-envoy-downstream-service-cluster": `caller-${i}`,
          },
        }),
      );
    for (let i = 0; i < 10_000; i++) send(i);
    const before = heapUsed();
    for (let i = 10_000; i < 40_000; i++) send(i);
    expect(heapUsed() - before).toBeLessThan(8 * MiB);
  });
});

describe("route templates", () => {
  const segment = fc.constantFrom("a", "b", "c", "d", "users", "42", "deadbeef", "");
  const path = fc.array(segment, { maxLength: 5 }).map((segments) => `/${segments.join("/")}`);

  it("are the same for the same requests in the same order, and never more than the budget", () => {
    fc.assert(
      fc.property(fc.array(path, { maxLength: 60 }), fc.integer({ min: 1, max: 12 }), (paths, maxTemplates) => {
        const run = () => {
          const routes = createRouteTemplates({ templates: [], learn: true, maxTemplates });
          return paths.map((each) => routes.template("h", each, false));
        };
        const given = run();
        expect(run()).toEqual(given);
        expect(new Set(given.filter((template) => template !== "{other}")).size).toBeLessThanOrEqual(maxTemplates);
      }),
    );
  });

  it("match the path they stand for", () => {
    fc.assert(
      fc.property(fc.array(path, { minLength: 1, maxLength: 60 }), (paths) => {
        const routes = createRouteTemplates({ templates: [], learn: true, maxTemplates: 8 });
        for (const each of paths) {
          const template = routes.template("h", each, false);
          if (template === "{other}") continue;
          const parts = each.split("/");
          const same = template.split("/").every((part, i) => part === "{id}" || part === parts[i]);
          expect([each, template, same && template.split("/").length === parts.length]).toEqual([each, template, true]);
        }
      }),
    );
  });
});

describe("connections", () => {
  /** Entries of one connection in order, each logged by one or two loggers that may lag behind one another. */
  const growing = fc.array(fc.tuple(fc.nat(1000), fc.nat(1000)), { minLength: 1, maxLength: 8 });

  it("add up to their totals and count once, however loggers overlap", () => {
    fc.assert(
      fc.property(growing, fc.nat(8), fc.boolean(), (steps, lag, doubled) => {
        let received = 0;
        let sent = 0;
        const told = steps.map(([more, less], i) => {
          received += more;
          sent += less;
          const last = i === steps.length - 1;
          return {
            accessLogType: last ? 3 : 2,
            duration: last ? 1 : undefined,
            receivedBytes: received,
            sentBytes: sent,
          };
        });
        const twice = doubled
          ? told.toSpliced(Math.max(0, told.length - lag), 0, {
              accessLogType: 0,
              duration: 1,
              receivedBytes: received,
              sentBytes: sent,
            })
          : told;
        const normalize = normalizing(anOrigin());
        const seen = twice.map((each) => normalize(aTcpEntry(each)).attributes);
        const sum = (name: string) => seen.reduce((total, attributes) => total + Number(attributes[name]), 0);
        expect(sum("connection.received.bytes")).toBe(received);
        expect(sum("connection.sent.bytes")).toBe(sent);
        expect(seen.filter((attributes) => attributes["connection.opened"] === true)).toHaveLength(1);
        expect(seen.filter((attributes) => attributes["connection.event"] === "close")).toHaveLength(1);
      }),
    );
  });
});

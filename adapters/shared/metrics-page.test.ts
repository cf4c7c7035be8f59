import { buffer, text } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { parseExposition } from "../../test/support/exposition.ts";
import type { ExpositionFormat, MetricFamily, MetricsSource } from "../adapter.ts";
import { openMetrics } from "../testing/fake-host.ts";
import { formatHead } from "./exposition.ts";
import { answerScrape } from "./metrics-page.ts";

function gauge(name: string, samples: Iterable<string> = [`${name} 1\n`]) {
  return (format: ExpositionFormat): MetricFamily => ({
    name,
    type: "gauge",
    head: formatHead({ name, type: "gauge", help: "A gauge." }, format),
    samples: () => samples,
  });
}

function source(...families: ReturnType<typeof gauge>[]): MetricsSource {
  return { families: (format) => families.map((family) => family(format)) };
}

describe("answerScrape", () => {
  it("joins sources into one document with one end, families sorted by name", async () => {
    const sources = [source(gauge("b"), gauge("d")), source(gauge("c"), gauge("a"))];
    const { headers, body } = await answerScrape(openMetrics, sources);
    const document = await text(body);
    expect([...parseExposition(document, "openmetrics").keys()]).toEqual(["a", "b", "c", "d"]);
    expect(headers["content-type"]).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
  });

  it("answers without sources", async () => {
    expect(await text((await answerScrape({}, [])).body)).toBe("");
    expect(await text((await answerScrape(openMetrics, [])).body)).toBe("# EOF\n");
  });

  it("keeps the first family of a name and tells of the other", async () => {
    const conflicts: string[] = [];
    const late = { ...source(gauge("late")), families: async (format: ExpositionFormat) => [gauge("late")(format)] };
    const sources = [late, source(gauge("a", ["a 1\n"])), source(gauge("a", ["a 2\n"]), gauge("late"), gauge("b"))];
    const answer = await answerScrape({}, sources, (family) => conflicts.push(family.name));
    const families = parseExposition(await text(answer.body));
    expect(conflicts).toEqual(["a", "late"]);
    expect(families.get("a")!.samples.map(({ value }) => value)).toEqual([1]);
    expect(families.has("b")).toBe(true);
  });

  it("sees the sample names of other families as taken", async () => {
    const conflicts: string[] = [];
    const counter: MetricFamily = { name: "a", type: "counter", head: "", samples: () => [] };
    const sources = [{ families: () => [counter] }, source(gauge("a_total"))];
    (await answerScrape({}, sources, (family) => conflicts.push(family.name))).body.destroy();
    expect(conflicts).toEqual(["a_total"]);
  });

  it("packs with gzip when asked", async () => {
    const answer = await answerScrape({ "accept-encoding": "gzip" }, [source(gauge("a"))]);
    expect(answer.headers).toMatchObject({ "content-encoding": "gzip", vary: "accept, accept-encoding" });
    expect(gunzipSync(await buffer(answer.body)).toString()).toContain("\na 1\n");
  });

  it("joins repeated headers", async () => {
    const answer = await answerScrape({ accept: ["image/png", "application/openmetrics-text"] }, []);
    answer.body.destroy();
    expect(answer.headers["content-type"]).toContain("openmetrics");
  });

  it("lets the event loop run between pieces and stops when the reader goes", async () => {
    let pieces = 0;
    let turns = 0;
    function* many() {
      for (let i = 0; i < 1000; i++) {
        pieces++;
        yield `a{n="${i}"} ${"1".repeat(100_000)}\n`;
      }
    }
    const { body } = await answerScrape({ "accept-encoding": "gzip" }, [source(gauge("a", many()))]);
    const count = () => {
      turns++;
      if (!body.destroyed) setImmediate(count);
    };
    setImmediate(count);
    let read = 0;
    for await (const _ of body) if (++read === 3) break;
    expect(turns).toBeGreaterThan(2);
    expect(pieces).toBeLessThan(1000);
  });

  it("fails the body, not the process, when a source fails midway", async () => {
    function* broken(): Iterable<string> {
      yield "a 1\n";
      throw new Error("broken");
    }
    const { body } = await answerScrape({ "accept-encoding": "gzip" }, [source(gauge("a", broken()))]);
    await expect(buffer(body)).rejects.toThrow("broken");
  });
});

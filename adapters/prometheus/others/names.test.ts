import { describe, expect, it } from "vitest";
import { type FamilyType, toFamilyName } from "./names.ts";

describe("the name of a family", () => {
  it.each<[name: string, unit: string, type: FamilyType, expected: string, expectedUnit: string]>([
    ["http.server.duration", "ms", "histogram", "http_server_duration_milliseconds", "milliseconds"],
    ["http.server.duration", "s", "histogram", "http_server_duration_seconds", "seconds"],
    ["request_duration_seconds", "s", "histogram", "request_duration_seconds", "seconds"],
    ["requests", "{request}", "counter", "requests", ""],
    ["requests_total", "", "counter", "requests", ""],
    ["total.requests", "1", "counter", "requests", ""],
    ["cpu.utilization", "1", "gauge", "cpu_utilization_ratio", "ratio"],
    ["hit.ratio", "1", "gauge", "hit_ratio", "ratio"],
    ["disk.io", "By/s", "gauge", "disk_io_bytes_per_second", "bytes_per_second"],
    ["disk.bytes.io", "By/s", "gauge", "disk_bytes_io_per_second", "bytes_per_second"],
    ["bytes.per.second", "By/s", "gauge", "bytes_per_second_per_second", "bytes_per_second"],
    ["total", "", "counter", "total", ""],
    ["packets", "{packet}/s", "gauge", "packets_per_second", "per_second"],
    ["speed", "m/h", "gauge", "speed_meters_per_hour", "meters_per_hour"],
    ["load", "%", "gauge", "load_percent", "percent"],
    ["odd", "foo bar!", "gauge", "odd_foo_bar", "foo_bar"],
    ["cluster.outbound|80||x.svc.upstream_rq_total", "", "counter", "cluster_outbound_80_x_svc_upstream_rq", ""],
    ["3xx.count", "", "gauge", "_3xx_count", ""],
    ["__a..b", "", "gauge", "a_b", ""],
    ["päge", "", "gauge", "p_ge", ""],
    ["job:rate:5m", "", "gauge", "job:rate:5m", ""],
    ["....", "", "gauge", "_", ""],
  ])("of %s in %s, a %s, is %s", (name, unit, type, expected, expectedUnit) => {
    expect(toFamilyName({ name, unit }, type, true)).toEqual({ name: expected, unit: expectedUnit, isBare: false });
  });

  it("gets nothing behind it where that is not wanted", () => {
    const nameOf = (name: string, type: FamilyType) => toFamilyName({ name, unit: "s" }, type, false);
    expect(nameOf("a.time", "histogram")).toEqual({ name: "a_time", unit: "", isBare: false });
    expect(nameOf("a.total", "counter")).toEqual({ name: "a_total", unit: "", isBare: true });
    expect(nameOf("a.total", "gauge")).toEqual({ name: "a_total", unit: "", isBare: false });
  });
});

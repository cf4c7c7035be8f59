import { describe, expect, it } from "vitest";
import { negotiate } from "./negotiate.ts";

const text = "text/plain; version=0.0.4; charset=utf-8";
const open = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const prometheus3 =
  "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5," +
  "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
const prometheus2 =
  "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

describe("content type", () => {
  it.each([
    [undefined, text],
    ["", text],
    ["*/*", text],
    ["text/*", text],
    ["application/*", open],
    ["TEXT/Plain", text],
    [prometheus3, `${open}; escaping=allow-utf-8`],
    [prometheus2, open],
    ["application/openmetrics-text", open],
    ["application/openmetrics-text;version=0.0.1", open.replace("1.0.0", "0.0.1")],
    ["application/openmetrics-text;version=2.0.0,text/plain;q=0.5", text],
    ["application/openmetrics-text;version=2.0.0", text],
    ["text/plain;version=1.0.0;escaping=allow-utf-8", text],
    ["text/plain;version=0.0.4;escaping=values", `${text}; escaping=values`],
    ["text/plain;version=0.0.4;escaping=dots", `${text}; escaping=underscores`],
    ["text/plain;version=0.0.4;escaping=nonsense\r\n", text],
    ["text/plain;q=0.5,application/openmetrics-text;q=0.4", text],
    ["text/plain;q=0.4,application/openmetrics-text;q=0.5", open],
    ["text/plain, application/openmetrics-text", text],
    ["application/openmetrics-text, text/plain", open],
    ["text/plain;q=0,*/*", open],
    ["application/openmetrics-text;q=0", text],
    ["application/openmetrics-text;q=0,*/*;q=0", text],
    ["*/*;q=0.9,application/openmetrics-text;q=0.1", text],
    ["application/openmetrics-text;q=nonsense,text/plain;q=0.001", text],
    ["image/png", text],
    ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", text],
    ['application/openmetrics-text; version="1.0.0"; q=0.7, text/plain; q=0.6', open],
    ['application/openmetrics-text; profile="a,b;c"; charset=UTF-8, text/plain; q=0.6', open],
    ["text/plain;charset=iso-8859-1,application/openmetrics-text;q=0.1", open],
    [
      "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,text/plain;version=0.0.4;q=0.3",
      text,
    ],
  ])("for %s is %s", (accept, contentType) => {
    expect(negotiate(accept, undefined).contentType).toBe(contentType);
  });

  it("goes with the format", () => {
    expect(negotiate(open, undefined).format).toBe("openmetrics");
    expect(negotiate(text, undefined).format).toBe("text");
  });
});

describe("gzip", () => {
  it.each([
    [undefined, false],
    ["", false],
    ["identity", false],
    ["gzip", true],
    ["GZIP", true],
    ["deflate, gzip;q=1.0, *;q=0.5", true],
    ["gzip;q=0", false],
    ["*", true],
    ["*;q=0", false],
    ["gzip;q=0.5, identity", false],
    ["gzip;q=0.5, identity;q=0.5", true],
    ["br", false],
  ])("for %s is %s", (acceptEncoding, gzip) => {
    expect(negotiate(undefined, acceptEncoding).gzip).toBe(gzip);
  });
});

import { describe, expect, it } from "vitest";
import { httpHeaders, httpUrl, joinHeaders } from "./http-settings.ts";

describe("a URL", () => {
  const url = httpUrl("Where to.");
  it.each(["http://backend.test", "https://backend.test:8443/a?b=c"])("%s is taken", (text) => {
    expect(url.parse(text)).toBe(text);
  });

  it.each([
    ["backend.test/logs", "expected an http:// or https:// URL"],
    ["ftp://backend.test/", "expected an http:// or https:// URL"],
    ["https://ada:secret@backend.test/", "put them into a header"],
    ["https://ada@backend.test/", "put them into a header"],
  ])("%s is refused", (text, why) => {
    expect(url.safeParse(text).error?.issues[0]?.message).toContain(why);
  });
});

describe("headers", () => {
  it.each([{ "X-Team": "mesh" }, {}, { a: "" }])("%j are taken", (headers) => {
    expect(httpHeaders.parse(headers)).toEqual(headers);
  });

  it.each([{ "no spaces": "a" }, { "": "a" }, { a: "line\nbreak" }, { a: "snow\u2603" }])(
    "%j are refused",
    (headers) => {
      expect(httpHeaders.safeParse(headers).error?.issues[0]?.message).toContain("that HTTP allows in headers");
    },
  );

  it("are secret", () => {
    expect(httpHeaders.meta()).toMatchObject({ secret: true });
  });

  it("of the settings win over the adapter's own, however they are written", () => {
    expect(joinHeaders({ "content-type": "a", "x-b": "b" }, { "Content-Type": "c" })).toEqual({
      "content-type": "c",
      "x-b": "b",
    });
  });
});

import { expect, it } from "vitest";
import { parseLine } from "./line.ts";

const istio =
  '[2026-11-22T11:12:46.544Z] "GET /reviews/0?q=a b HTTP/1.1" 200 - via_upstream - "-" 10 375 12 11 "-" "curl/7.88.1" ' +
  '"4fa05cc6-7ac8" "reviews:9080" "10.0.0.9:9080" outbound|9080||reviews.default.svc.cluster.local 10.0.0.3:51000 ' +
  "10.0.0.9:9080 10.0.0.3:51100 - default\n";

it("reads Istio's format", () => {
  expect(Object.fromEntries(parseLine(istio) ?? [])).toEqual({
    method: "GET",
    path: "/reviews/0?q=a b",
    protocol: "HTTP/1.1",
    code: "200",
    flags: "-",
    details: "via_upstream",
    termination: "-",
    failure: "-",
    received: "10",
    sent: "375",
    duration: "12",
    upstreamTime: "11",
    forwardedFor: "-",
    userAgent: "curl/7.88.1",
    requestId: "4fa05cc6-7ac8",
    authority: "reviews:9080",
    upstream: "10.0.0.9:9080",
    cluster: "outbound|9080||reviews.default.svc.cluster.local",
    upstreamLocal: "10.0.0.3:51000",
    local: "10.0.0.9:9080",
    remote: "10.0.0.3:51100",
    serverName: "-",
    route: "default",
  });
});

it.each([
  [
    "Envoy's",
    '[t] "GET / HTTP/2" 200 - 0 6 1 0 "-" "curl" "id" "host" "10.0.0.9:80"',
    { authority: "host", sent: "6" },
  ],
  ["one with details", '[t] "GET / HTTP/2" 503 UF,URX no_healthy_upstream 0 6 1', { details: "no_healthy_upstream" }],
  ["one without", '[t] "GET / HTTP/2" 503 UF 0 6 1', { flags: "UF", duration: "1" }],
  ["a short one", "GET /hello?q=1 200", { method: "GET", path: "/hello?q=1", code: "200" }],
  [
    "a TCP connection",
    '[t] "- - -" 0 - - - "-" 10 20 30 - "-" "-" "-" "-" "10.0.0.9:80" c - - - - -',
    { received: "10" },
  ],
])("reads %s format", (_whose, line, expected) => {
  expect(Object.fromEntries(parseLine(line) ?? [])).toMatchObject(expected);
});

it.each(["", "hello world", "error 17 200", '[t] "GET / HTTP/2" abc - 0 6 1', "a b c d e f g"])(
  "leaves what is no access log: %s",
  (line) => expect(parseLine(line)).toBeUndefined(),
);

it("takes long text in a moment", () => {
  const long = `[${"[".repeat(30_000)}] "${"a ".repeat(15_000)}`;
  expect(parseLine(long)).toBeUndefined();
  expect(parseLine("x".repeat(70_000))).toBeUndefined();
});

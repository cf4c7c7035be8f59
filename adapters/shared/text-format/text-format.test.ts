import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { InstanceDeclaration } from "../../../schemas/model/instance.ts";
import { aLogEntry, anEdge, aSpan } from "../../testing/instances.ts";
import { aMetric, aTuple } from "../../testing/metric-instance.ts";
import { envoyFormat } from "./parse-format.ts";
import { createTextFormat, formatProblems } from "./text-format.ts";

const request = {
  "http.request.method": "GET",
  "url.path": "/cart",
  "url.query": "a=1",
  "network.protocol.version": "1.1",
  "http.response.status_code": 503,
  "context.proxy_error_code": "UF,URX",
  "http.request.body.size": 0,
  "http.response.body.size": 91,
  "http.server.request.duration": 1.005,
  "upstream.duration": 0.0129,
  "client.address": "10.0.0.7",
  "user_agent.original": "curl/8",
  "request.id": "8f1c",
  "server.address": "shop.example",
  "upstream.address": "10.1.0.3",
  "connection.mtls": true,
  labels: { app: "x" },
};
const entry = (variables: Parameters<typeof aLogEntry>[1]) => aLogEntry("accesslog", variables);
const line = (format: string, variables: NonNullable<Parameters<typeof aLogEntry>[1]>["variables"] = request) =>
  createTextFormat(format)(entry({ variables }));

describe("Envoy's default line", () => {
  it("is what Envoy writes of a request", () => {
    expect(line(envoyFormat)).toBe(
      '[2023-11-14T22:13:18.995Z] "GET /cart?a=1 HTTP/1.1" 503 UF,URX 0 91 1005 12 ' +
        '"10.0.0.7" "curl/8" "8f1c" "shop.example" "10.1.0.3"',
    );
  });

  it("is what Envoy writes of a connection", () => {
    const connection = {
      "connection.duration": 12,
      "connection.received.bytes_total": 7,
      "connection.sent.bytes_total": 9,
    };
    expect(line(envoyFormat, connection)).toBe(
      '[2023-11-14T22:13:08.000Z] "- - -" 0 - 7 9 12000 - "-" "-" "-" "-" "-"',
    );
  });

  it("begins at the millisecond at which the request began, whatever is below", () => {
    const time = { seconds: 1_700_000_000, nanos: 12_500_600 };
    const variables = { "http.server.request.duration": 0.0125006 };
    expect(createTextFormat("%START_TIME%")(entry({ time, variables }))).toBe("2023-11-14T22:13:20.000Z");
  });

  it("reads variables named as in the vocabulary, too", () => {
    const named = {
      "request.method": "PUT",
      "request.path": "/x?y",
      "response.code": 200,
      "response.duration": "1.5s",
      "request.time": "2024-01-01T00:00:00.25Z",
    };
    expect(line(envoyFormat, named)).toMatch(/^\[2024-01-01T00:00:00\.250Z\] "PUT \/x\?y -" 200 - 0 0 1500 - /);
  });
});

describe("places in a format", () => {
  it.each([
    ["%url.path%|%labels%|%connection.mtls%|%nobody%", '/cart|{\\"app\\":\\"x\\"}|true|-'],
    ["100 %% %RESPONSE_CODE%", "100 % 503"],
    ["%REQ(X-Tenant?:METHOD)% %REQ(:METHOD):2% %url.path:3%", "GET GE /ca"],
    ["%REQ(CONSTRUCTOR)% %RESP(X-A)%", "- -"],
    ["%SEVERITY% %INSTANCE% %TIME% %TRACE_ID%", "INFO accesslog 2023-11-14T22:13:20.000Z -"],
    ["plain\n", "plain"],
    ["", ""],
  ])("%j", (format, expected) => {
    expect(line(format)).toBe(expected);
  });
});

describe("what others wrote", () => {
  it("stays in its line and its quotes", () => {
    const hostile = 'a"\n[2020] "GET /fake" \\ \r\u001b[31m\u2028\u0085';
    expect(line('"%user_agent.original%"', { "user_agent.original": hostile })).toBe(
      '"a\\"\\n[2020] \\"GET /fake\\" \\\\ \\r\\u001b[31m\\u2028\\u0085"',
    );
  });

  it("never ends a line, whatever it is", () => {
    const write = createTextFormat("%REQ(USER-AGENT)% %labels%");
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (agent, label) => {
        const written = write(entry({ variables: { "user_agent.original": agent, labels: { [label]: agent } } }));
        expect(written).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      }),
    );
  });
});

describe("what is no log entry", () => {
  const write = createTextFormat(envoyFormat);

  it("is written as pairs", () => {
    expect(write(anEdge("graph"))).toBe(
      "template=edge instance=graph time=2023-11-14T22:13:20Z source.name=web source.namespace=shop " +
        "destination.name=cart destination.namespace=shop protocol=http",
    );
    expect(write(aSpan("spans"))).toMatch(/^template=tracespan instance=spans traceId=0af7651916.* name="GET \/"/);
    const metric = aMetric("requests", { labels: aTuple({ path: 'a b"\n', none: "" }) });
    expect(write(metric)).toBe('template=metric instance=requests value=1 weight=1 path="a b\\"\\n" none=""');
  });
});

describe("a wrong format", () => {
  const instances: InstanceDeclaration[] = [
    { name: "accesslog", template: "logentry", variables: { "url.path": "STRING" } },
    { name: "graph", template: "edge" },
  ];

  it.each([
    ["%RESPONSE_COD%", "%RESPONSE_COD% is no operator known here; did you mean %RESPONSE_CODE%?"],
    ["%QUITE_ELSE%", "%QUITE_ELSE% is no operator known here"],
    ["50% of", 'expected an operator such as %RESPONSE_CODE% at "% of"; % itself is %%'],
    ["%REQ%", "%REQ% needs the name of a header, as in %REQ(USER-AGENT)%"],
    ["%DURATION(x)%", "%DURATION(...)%: takes no argument here"],
    ["%url.path(x)%", "%url.path(...)%: a variable takes no argument"],
    ["%url.pth%", "%url.pth%: no log entry sent to this handler has such a variable; did you mean %url.path%?"],
    ["a\nb", "a format is one line; write it without line ends in it"],
  ])("%j is told of", (format, problem) => {
    expect(formatProblems(format, instances)).toEqual([problem]);
  });

  it("is not Envoy's default", () => {
    expect(formatProblems(`${envoyFormat}\n`, instances)).toEqual([]);
  });
});

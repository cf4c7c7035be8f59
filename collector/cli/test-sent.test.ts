import { describe, expect, it } from "vitest";
import { testIo } from "./cli.fixture.ts";
import { testCommand } from "./test.ts";

const config = `
handlers:
  prometheus: { adapter: prometheus, params: { metrics: { size: { kind: histogram, buckets: [10] } } } }
  statsd: { adapter: statsd, params: { address: "127.0.0.1:9" } }
  audit: { adapter: stdio }
  traces: { adapter: otlp, params: { endpoint: "http://127.0.0.1:9" } }
  door: { adapter: apikey, params: { file: /nowhere } }
  limits: { adapter: ratelimit, params: { files: examples/ratelimit/limits.yaml } }
  far: { adapter: redis, params: { address: "127.0.0.1:9" } }
instances:
  requests: { template: metric, params: { value: 1, dimensions: { rule: 'check.rule | "none"', code: response.code | 0 } } }
  size: { template: metric, params: { value: response.size } }
  access: { template: logentry, params: { severity: '"info"', variables: { path: request.path, who: 'request.auth.principal | "?"' } } }
  who: { template: edge, params: { source: { workload: source.workload.name }, destination: { workload: destination.workload.name } } }
  span: { template: tracespan, params: { name: request.path, traceId: trace.id, spanId: trace.span_id } }
rules:
  - { name: keys, match: 'request.path == "/keys"', check: { handler: door } }
  - { name: me, match: '(request.auth.principal | "") == "amy"', allow: true, headers: { upstream: { set: { x-me: amy } } } }
  - { name: busy, match: 'request.path == "/busy"', limit: { key: [request.path], rate: 1/1h, store: far } }
  - { name: decided, match: context.signal == "check" && check.error_code != 0, actions: [{ handler: audit, instances: [decisions] }] }
  - name: all
    match: context.signal != "check"
    actions:
      - { handler: prometheus, instances: [requests] }
      - { handler: statsd, instances: [requests] }
      - { handler: audit, instances: [access, who] }
      - { handler: traces, instances: [span] }
  - { name: users, match: '"user" in ratelimit.descriptor', limit: { key: ['ratelimit.descriptor["user"]'], rate: 2/1h, algorithm: fixed } }
  - { name: sizes, match: has(response.size), actions: [{ handler: prometheus, instances: [size] }] }
`;

async function run(cases: string) {
  const { io, out } = testIo();
  const files: Readonly<Record<string, string>> = {
    "mesh.yaml": config,
    "t.yaml": `config: mesh.yaml\ncases:\n${cases}`,
  };
  const readFile = (path: string) => files[path.replace(`${process.cwd()}/`, "")] ?? io.readFile(path);
  const status = await testCommand.run(["t.yaml"], { ...io, readFile });
  return { status, out: out() };
}

const passed = (count: number) => ({ status: 0, out: `${count} passed, 0 failed\n` });

describe("what records come to", () => {
  it("is held against series, as /metrics has them", async () => {
    expect(
      await run(`
  - name: counts
    reports:
      - { request.path: /a, response.code: 200, response.size: 4 }
      - { request.path: /b, response.code: 200, response.size: 40 }
      - { request.path: /b, response.code: 500 }
    expect:
      metrics:
        prometheus:
          requests_total: 3
          requests_total{code="200"}: 2
          requests_total{rule="none",code="500"}: 1
          requests_total{code="404"}: null
          size_bucket{le="10"}: 1
          size_sum: 44
        statsd: { 'requests{code="500"}': 1 }
  - { name: begins anew, reports: [{ request.path: / }], expect: { metrics: { prometheus: { requests_total: 1 } } } }
`),
    ).toEqual(passed(2));
  });

  it("is held against log entries, edges and spans, in order", async () => {
    expect(
      await run(`
  - name: sent
    reports:
      - { request.path: /a, source.workload.name: web, trace.id: "0123456789abcdef0123456789abcdef", trace.span_id: "0123456789abcdef", request.time: "2026-01-31T12:00:00Z", response.time: "2026-01-31T12:00:01Z" }
      - { request.path: /b, response.time: "2026-01-31T12:00:00Z", request.auth.principal: amy }
    expect:
      logs:
        audit:
          - { instance: access, severity: info, variables: { path: /a } }
          - { time: "2026-01-31T12:00:00Z", variables: { path: /b, who: amy } }
      edges: { audit: [{ source: { workload: web }, destination: { workload: null } }] }
      spans: { traces: [{ name: /a, traceId: 0123456789abcdef0123456789abcdef }] }
`),
    ).toEqual(passed(1));
  });

  it("is shown as a diff where it is another", async () => {
    const { status, out } = await run(`
  - name: wrong
    reports: [{ request.path: /a, source.workload.name: web, response.code: 200 }]
    expect:
      metrics: { prometheus: { 'requests_total{code="200"}': 2, 'requests_total{code="404"}': 1 } }
      logs: { audit: [{ severity: warn, variables: { path: /b } }, { severity: info }], prometheus: [] }
      edges: { audit: [] }
`);
    expect([status, ...out.split("\n")]).toEqual([
      1,
      "t.yaml:4: wrong",
      '  - metrics.prometheus.requests_total{code="200"}: 2',
      '  + metrics.prometheus.requests_total{code="200"}: 1',
      '  - metrics.prometheus.requests_total{code="404"}: 1',
      '  + metrics.prometheus.requests_total{rule="none",code="200"}: 1',
      '  - logs.audit[0].severity: "warn"',
      '  + logs.audit[0].severity: "info"',
      '  - logs.audit[0].variables.path: "/b"',
      '  + logs.audit[0].variables.path: "/a"',
      '  - logs.audit[1]: {"severity":"info"}',
      expect.stringMatching(/^ {2}\+ edges\.audit\[0\]: \{"instance":"who"/),
      "0 passed, 1 failed",
      "",
    ]);
  });

  it("carries the decision on the request that the case asks about", async () => {
    expect(
      await run(`
  - name: joined
    attributes: { request.path: /keys, request.method: GET }
    answers: { door: { deny: { status: 401, message: who?, headers: { www-authenticate: Bearer } } } }
    reports: [{ response.code: 401 }, { request.id: another, response.code: 200 }]
    expect:
      rule: keys
      httpStatus: 401
      code: 16
      headers: { www-authenticate: Bearer }
      metrics: { prometheus: { 'requests_total{rule="keys",code="401"}': 1, 'requests_total{rule="none",code="200"}': 1 } }
      logs: { audit: [{ instance: decisions }, { variables: { path: /keys } }, { variables: { path: /keys } }] }
`),
    ).toEqual(passed(1));
  });
});

describe("what handlers answer", () => {
  it("is what the case says", async () => {
    expect(
      await run(
        `
  - { name: pass, attributes: { request.path: /keys }, answers: { door: pass }, expect: { allowed: true, rule: "" } }
  - { name: deny, attributes: { request.path: /keys }, answers: { door: deny }, expect: { rule: keys, httpStatus: 403, code: 7 } }
  - { name: down, attributes: { request.path: /keys }, answers: { door: down }, expect: { rule: keys, httpStatus: 403, body: null } }
  - { name: late, attributes: { request.path: /keys }, answers: { door: late }, expect: { rule: keys } }
  - name: finds out who it is
    attributes: { request.path: /keys }
    answers: { door: { pass: { attributes: { request.auth.principal: amy }, headers: { x-door: open } } } }
    expect: { allowed: true, rule: me, headers: { x-me: amy, x-door: open } }
  - { name: budget, attributes: { request.path: /busy }, repeat: 2, expect: { rule: busy, httpStatus: 429 } }
  - { name: no budget, attributes: { request.path: /busy }, answers: { far: down }, expect: { rule: busy, httpStatus: 403 } }
`.replace(", body: null", ""),
      ),
    ).toEqual(passed(7));
  });

  it("is asked of those that no case answers for", async () => {
    const { out } = await run(
      "  - { name: real, attributes: { request.path: /keys }, expect: { rule: keys, httpStatus: 401 } }",
    );
    expect(out).toBe("1 passed, 0 failed\n");
  });
});

it("a case may ask about limits, of rules and of files", async () => {
  const { out } = await run(`
  - name: rules
    rateLimit: { domain: web, descriptors: [{ entries: [{ key: user, value: amy }] }] }
    repeat: 3
    expect: { rateLimit: { overallCode: OVER_LIMIT, statuses: [{ code: OVER_LIMIT, currentLimit: { name: users } }] } }
  - name: begins anew
    rateLimit: { domain: web, descriptors: [{ entries: [{ key: user, value: amy }] }] }
    expect: { rateLimit: { overallCode: OK, statuses: [{ limitRemaining: 1 }] } }
  - name: files
    rateLimit: { domain: shop, descriptors: [{ entries: [{ key: none, value: x }] }, { entries: [{ key: none, value: x }] }] }
    expect: { rateLimit: { overallCode: OVER_LIMIT, statuses: [{ code: OK }] } }
`);
  expect(out.split("\n")).toEqual([
    "t.yaml:11: files",
    '  - rateLimit.overallCode: "OVER_LIMIT"',
    '  + rateLimit.overallCode: "OK"',
    '  + rateLimit.statuses[1]: {"code":"OK"}',
    "2 passed, 1 failed",
    "",
  ]);
});

it("a case may ask as a proxy does", async () => {
  expect(
    await run(`
  - name: proxied
    request: { attributes: { request: { http: { path: /keys, method: GET } } } }
    answers: { door: deny }
    expect: { rule: keys }
`),
  ).toEqual(passed(1));
});

it.each([
  ["expect: { metrics: { prometheos: {} } }", /t.yaml:3: unknown handler "prometheos". Did you mean "prometheus"\?/],
  ["answers: { dor: pass }, expect: { rule: x }", /unknown handler "dor". Did you mean "door"\?/],
  ["reports: [{ request.pth: / }], expect: { logs: {} }", /t.yaml:3: a: reports\[0\]: unknown attribute "request.pth"/],
  ["reports: [{ request.path: / }], expect: { rule: x }", /nothing is asked, so there is no verdict/],
  ["rateLimit: {}, expect: { rateLimit: {} }", /t.yaml:3: a: rateLimit: rate limit domain must not be empty/],
  ["rateLimit: { domian: a }, expect: { rateLimit: {} }", /unknown member "domian"/],
  ["rateLimit: { domain: a }, expect: { rule: x }", /a case with rateLimit expects one/],
  ["attributes: {}, request: {}, expect: { rule: x }", /not both/],
  ["request: { attribute: {} }, expect: { rule: x }", /t.yaml:3: a: expected a CheckRequest/],
  [
    "answers: { door: { pass: { attributes: { request.size: x } } } }, expect: { rule: x }",
    /answers: request.size: expected a whole number/,
  ],
  ["expect: { metrics: { prometheus: { 'a{': 1 } } }", /expected a series such as/],
])("refuses %s", async (text, message) => {
  await expect(run(`  - { name: a, ${text} }`)).rejects.toThrow(message);
});

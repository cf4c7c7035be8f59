import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gauge, load, messages, metricOf } from "./load.fixture.ts";

const good = `handlers:
  prom:
    adapter: gauge
    params: { size: 5, metrics: { requests: { kind: counter } } }
instances:
  requests:
    template: metric
    params:
      value: 1
      dimensions: { source: source.workload.name, code: response.code, flag: true }
rules:
  - name: http
    match: context.protocol == "http"
    actions: [{ handler: prom, instances: [requests] }]
`;

describe("a good configuration", () => {
  it("comes out checked, with every default filled in", () => {
    const loaded = load([good]);
    if (!loaded.ok) throw new Error(messages(loaded).join("\n"));
    const { checked, config, sources, warnings } = loaded;
    expect(warnings).toEqual([]);
    expect(sources).toEqual([{ file: "a.yaml", sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
    expect(config.listeners.grpc).toMatchObject({ address: "127.0.0.1:4317", serves: ["grpc"], default: "allow" });
    expect(config.listeners.grpc?.limits.maxMessageBytes).toBe(16_777_216);
    expect(Object.keys(config.listeners)).toEqual(["grpc", "http", "admin"]);
    expect(checked.handlers.get("prom")).toMatchObject({
      params: { size: 5, ratio: 1, mode: "fast" },
      instances: [{ name: "requests", template: "metric", valueType: "INT64", labelNames: ["source", "code", "flag"] }],
    });
    const instance = metricOf(checked, "requests");
    expect(instance?.value.text).toBe("1");
    expect(instance?.dimensions.map(({ name, expression }) => [name, expression.text])).toEqual([
      ["source", "source.workload.name"],
      ["code", "response.code"],
      ["flag", "true"],
    ]);
    expect(checked.rules).toMatchObject([
      {
        name: "http",
        match: { text: 'context.protocol == "http"' },
        actions: [{ handler: "prom", instances: ["requests"] }],
      },
    ]);
  });

  it("compiles the same text for the same use once", () => {
    const two = good.replace(
      "rules:",
      "  bytes: { template: metric, params: { value: request.size, dimensions: { from: source.workload.name } } }\nrules:",
    );
    const loaded = load([two.replace("[requests]", "[requests, bytes]")]);
    if (!loaded.ok) throw new Error(messages(loaded).join("\n"));
    const of = (name: string) => metricOf(loaded.checked, name)?.dimensions[0]?.expression;
    expect(of("requests")).toBe(of("bytes"));
  });

  it.each(["", "# nothing\n", "---\n...\n", "handlers:\nrules:\ninstances:\n", "listeners: {}"])(
    "may be empty: %j",
    (text) => {
      expect(load([text])).toMatchObject({ ok: true, warnings: [] });
    },
  );

  it("warns of what no rule uses", () => {
    const text = good
      .replace("rules:", "  idle: { template: metric }\nrules:")
      .replace("instances:\n", "  spare: { adapter: gauge }\ninstances:\n");
    expect(messages(load([text]))).toEqual([
      'a.yaml:5:3: no rule sends anything to handler "spare"',
      'a.yaml:12:3: no rule uses instance "idle"',
    ]);
  });
});

describe("everything wrong is told at once, with its place", () => {
  it("gives four messages for four typos in one file", () => {
    const text = good
      .replace("size: 5", "sise: 5")
      .replace("handler: prom", "handler: pron")
      .replace("source.workload.name", "source.workload.nam")
      .replace("==", "=");
    expect(messages(load([text]))).toEqual([
      'a.yaml:4:15: unknown key "sise". Did you mean "size"?',
      'a.yaml:10:29: unknown attribute "source.workload.nam". Did you mean "source.workload.name"?',
      expect.stringMatching(/^a\.yaml:13:29: .*"=".*==/),
      'a.yaml:14:26: unknown handler "pron". Did you mean "prom"?',
    ]);
  });

  const cases: readonly [string, string, readonly string[]][] = [
    ["an unknown section", `handler: {}\n`, ['a.yaml:1:1: unknown key "handler". Did you mean "handlers"?']],
    [
      "a section of the wrong kind",
      "handlers: [1]\nrules: {}\n",
      [
        'a.yaml:1:11: "handlers" is of the wrong kind (expected a mapping)',
        'a.yaml:2:8: "rules" is of the wrong kind (expected a list)',
      ],
    ],
    [
      "a file that is no mapping",
      "- a\n",
      [expect.stringContaining("a.yaml:1:1: the file is no mapping (expected sections such as listeners")],
    ],
    [
      "an unknown adapter, without complaints about the handler",
      good.replace("adapter: gauge", "adapter: guage"),
      ['a.yaml:3:14: unknown adapter "guage". Did you mean "gauge"?'],
    ],
    [
      "a misspelt key that was required, once",
      good.replace("adapter: gauge", "adaptor: gauge"),
      ['a.yaml:3:5: unknown key "adaptor". Did you mean "adapter"?'],
    ],
    [
      "a misspelt template key, and what is below it",
      good.replace("template: metric", "templte: metric").replace("dimensions:", "dimension:"),
      [
        'a.yaml:7:5: unknown key "templte". Did you mean "template"?',
        'a.yaml:10:7: unknown key "dimension". Did you mean "dimensions"?',
      ],
    ],
    [
      "an unknown template",
      good.replace("template: metric", "template: metrik"),
      [
        'a.yaml:7:15: "template" cannot be "metrik" (expected "metric", "logentry", "edge", "tracespan", "spans", "metrics", "listentry" or "authorization"). Did you mean "metric"?',
      ],
    ],
    [
      "a misspelt template, and what is wrong in the settings of the one that was meant",
      good.replace("template: metric", "template: logentri"),
      [
        'a.yaml:7:15: "template" cannot be "logentri" (expected "metric", "logentry", "edge", "tracespan", "spans", "metrics", "listentry" or "authorization"). Did you mean "logentry"?',
        expect.stringContaining('a.yaml:9:7: unknown key "value" (expected "severity", '),
        expect.stringContaining('a.yaml:10:7: unknown key "dimensions" (expected "severity", '),
      ],
    ],
    [
      "wrong values",
      good.replace("size: 5,", "size: five, ratio: 2, loud: maybe, mode: fats,"),
      [
        'a.yaml:4:21: "size" is text (expected a whole number)',
        'a.yaml:4:34: "ratio" is too large (expected at most 1)',
        'a.yaml:4:43: "loud" is text (expected true or false)',
        'a.yaml:4:56: "mode" cannot be "fats" (expected "slow" or "fast"). Did you mean "fast"?',
      ],
    ],
    [
      "a fraction for a whole number",
      good.replace("size: 5", "size: 5.5"),
      ['a.yaml:4:21: "size" is a number (expected a whole number)'],
    ],
    [
      "missing keys",
      "handlers:\n  prom: {}\nrules:\n  - {}\n",
      [
        'a.yaml:2:9: "adapter" is missing (expected text)',
        'a.yaml:4:5: "name" is missing (expected text)',
        "a.yaml:4:5: the rule does nothing (expected one of actions, deny, allow, limit, check)",
      ],
    ],
    [
      "unknown names without a near one",
      good.replace("handler: prom", "handler: kafka").replace("[requests]", "[quota]"),
      [
        'a.yaml:14:26: unknown handler "kafka" (expected "prom")',
        'a.yaml:14:45: unknown instance "quota" (expected "requests", "accesslog", "edges", "spans", "metrics" or "decisions")',
      ],
    ],
    [
      "a misspelt instance, without complaints by the adapter that it is missing",
      good.replace("[requests]", "[request]"),
      ['a.yaml:14:44: unknown instance "request". Did you mean "requests"?'],
    ],
    [
      "what the adapter itself finds",
      good.replace("{ requests:", "{ requests: {}, latency:"),
      ['a.yaml:4:58: no rule sends the instance "latency" to this handler'],
    ],
    [
      "an instance sent twice",
      good.replace("[requests]", "[requests, requests]"),
      ['a.yaml:14:54: the rule already sends "requests" to "prom", and twice would count twice'],
    ],
    [
      "a rule's name given twice",
      `${good}  - name: http\n    actions: [{ handler: prom, instances: [requests] }]\n`,
      ['a.yaml:15:11: a rule named "http" is already in a.yaml:12'],
    ],
    [
      "a match that is no condition",
      good.replace('match: context.protocol == "http"', "match: response.code"),
      ["a.yaml:13:12: expected BOOL, got INT64"],
    ],
    [
      "an empty list of actions",
      "rules: [{ name: a, actions: [] }]",
      ['a.yaml:1:29: "actions" is too small (expected at least 1 items)'],
    ],
    ["keys set twice", "handlers: {}\nhandlers: {}\n", ['a.yaml:2:1: "handlers" is set twice, first on line 1']],
    [
      "a second document",
      "handlers: {}\n---\nrules: []\n",
      ["a.yaml:2:1: a second document starts here; a file holds one, so put the rest into a file of its own"],
    ],
    ["aliases of nothing", "handlers: *gone\n", ["a.yaml:1:11: alias *gone has no anchor before it"]],
    [
      "names that are traps",
      "handlers: { __proto__: { adapter: gauge } }\n",
      ['a.yaml:1:13: the name "__proto__" is not allowed'],
    ],
    ["unknown tags", "handlers: !binary x\n", [expect.stringContaining("a.yaml:1:11: not valid YAML: Unresolved tag")]],
  ];
  it.each(cases)("%s", (_, text, expected) => {
    expect(messages(load([text]))).toEqual(expected);
  });

  it("goes on after a fault in the syntax with what stands before it", () => {
    const text = good
      .replace("size: 5", "sise: 5")
      .replace("http\n", '"http\n')
      .replace("handler: prom", "handler: pron");
    const found = messages(
      load([text, "rules: [{ name: other, actions: [{ handler: nobody, instances: [requests] }], x: 1 }]"]),
    );
    expect(found[0]).toBe('a.yaml:4:15: unknown key "sise". Did you mean "size"?');
    expect(found.some((message) => message.startsWith("a.yaml:") && message.includes("not valid YAML"))).toBe(true);
    expect(found.filter((message) => message.includes("unknown handler"))).toEqual([]);
    expect(found.at(-1)).toMatch(/^b\.yaml:1:79: unknown key "x"/);
  });

  it("says that a file cannot be read, and checks the others", () => {
    const loaded = load(["rules: 1"], {
      readFile: () => {
        throw Object.assign(new Error("no"), { code: "ENOENT" });
      },
    });
    expect(messages(loaded)).toEqual(["a.yaml:1:1: the file cannot be read: there is no such file"]);
  });
});

describe("handlers", () => {
  const picky = { ...gauge, type: "picky", accepts: [] };

  it("refuse instances that their adapter does not take, where the rule sends them", () => {
    const found = messages(load([good.replace("adapter: gauge", "adapter: picky")], { adapters: [gauge, picky] }));
    expect(found).toEqual([
      'a.yaml:14:44: "requests" is a metric, which handler "prom" does not take (expected nothing, as the adapter picky takes)',
    ]);
  });

  it("whose adapter fails over their settings are a problem, not a crash", () => {
    const broken = {
      ...gauge,
      validate: () => {
        throw new Error("oops");
      },
    };
    expect(messages(load([good], { adapters: [broken] }))).toEqual([
      "a.yaml:4:13: the adapter gauge failed over these settings: oops",
    ]);
  });

  it("that fail in themselves cause no complaints about what rules send", () => {
    const found = messages(load([good.replace("size: 5", "size: no").replace("response.code", "response.cod")]));
    expect(found).toHaveLength(2);
  });
});

describe("declared attributes", () => {
  it("may be used in expressions", () => {
    const text = `vocabulary: { tenant.id: { type: STRING } }\n${good.replace("source.workload.name", "tenant.id")}`;
    const loaded = load([text]);
    expect(loaded.ok && loaded.checked.vocabulary.typeOf("tenant.id")).toBe("STRING");
  });

  const cases: readonly [string, readonly string[]][] = [
    ["request.size: { type: INT64 }", []],
    [
      "request.size: { type: STRING }",
      ['a.yaml:1:37: "request.size" is built in and of another type (expected INT64)'],
    ],
    [
      "a.in.b: { type: STRING }",
      ['a.yaml:1:15: "a.in.b" cannot name an attribute: "in" is a word of the language (expected another name)'],
    ],
    [
      "a-b: { type: STRING }",
      ['a.yaml:1:15: "a-b" cannot name an attribute (expected words of letters, digits and _, joined by dots)'],
    ],
    [
      "a.b: { type: STRNG }",
      [expect.stringMatching(/^a\.yaml:1:28: "type" cannot be "STRNG" .*Did you mean "STRING"\?$/)],
    ],
    ["a.b: {}", [expect.stringMatching(/^a\.yaml:1:20: "type" is missing/)]],
  ];
  it.each(cases)("%s", (declaration, expected) => {
    expect(messages(load([`vocabulary: { ${declaration} }`]))).toEqual(expected);
  });

  it("that are faulty cause no follow-on where they are read", () => {
    const text = `vocabulary: { tenant.id: { type: TEXT } }\n${good.replace("source.workload.name", "tenant.id")}`;
    expect(messages(load([text]))).toHaveLength(1);
  });
});

describe("several files", () => {
  it("settle listeners setting by setting, the later one winning", () => {
    const first =
      "listeners: { grpc: { address: 127.0.0.1:1, limits: { maxStreams: 7, maxConnections: 3 } }, http: null }";
    const second = "listeners: { grpc: { limits: { maxStreams: 9 } }, extra: { address: '[::1]:0', serves: [http] } }";
    const loaded = load([first, second]);
    if (!loaded.ok) throw new Error(messages(loaded).join("\n"));
    expect(loaded.config.listeners.grpc).toMatchObject({
      address: "127.0.0.1:1",
      limits: { maxStreams: 9, maxConnections: 3 },
    });
    expect(loaded.config.listeners.http).toBeNull();
    expect(loaded.config.listeners.extra).toMatchObject({ address: "[::1]:0", serves: ["http"] });
    expect(loaded.config.listeners.admin).toMatchObject({ address: "127.0.0.1:8080" });
  });

  it("join rules in order, and may use one another's names", () => {
    const rule = "rules: [{ name: second, actions: [{ handler: prom, instances: [requests] }] }]";
    const loaded = load([rule, good]);
    expect(loaded.ok && loaded.checked.rules.map(({ name }) => name)).toEqual(["second", "http"]);
  });

  it("refuse a name given in both, naming both places", () => {
    const again = `handlers:
  prom: { adapter: gauge }
vocabulary: { x.y: { type: STRING } }
rules: [{ name: http, actions: [{ handler: prom, instances: [requests] }] }]
routes: { learn: true }
`;
    const first = `${good}vocabulary: { x.y: { type: STRING } }\nroutes: { learn: false, templates: [/a] }\n`;
    expect(messages(load([first, again]))).toEqual([
      'b.yaml:2:3: "prom" is already set in a.yaml:2',
      'b.yaml:3:15: "x.y" is already set in a.yaml:15',
      'b.yaml:4:17: a rule named "http" is already in a.yaml:12',
      'b.yaml:5:11: "learn" is already set in a.yaml:16',
    ]);
  });

  it("join route templates and enrich tables", () => {
    const loaded = load([
      "routes: { templates: ['/a/{id}'] }\nenrich: { addresses: { 10.0.0.0/8: { workload.name: a } } }",
      "routes: { templates: [/b] }\nenrich: { addresses: { '::1': { labels: { app: b } } } }",
    ]);
    if (!loaded.ok) throw new Error(messages(loaded).join("\n"));
    expect(loaded.config.routes.templates).toEqual(["/a/{id}", "/b"]);
    expect(Object.keys(loaded.config.enrich.addresses)).toEqual(["10.0.0.0/8", "::1"]);
  });
});

describe("listeners", () => {
  const cases: readonly [string, readonly string[]][] = [
    [
      "grpc: { address: '4317' }",
      [expect.stringMatching(/^a\.yaml:1:31: "4317" is no address .*Did you mean "0\.0\.0\.0:4317"\?$/)],
    ],
    ["grpc: { address: ':4317' }", [expect.stringMatching(/Did you mean "0\.0\.0\.0:4317"\?$/)]],
    ["grpc: { address: '::1:4317' }", [expect.stringMatching(/Did you mean "\[::1\]:4317"\?$/)]],
    ["grpc: { address: 'localhost:99999' }", [expect.stringMatching(/is no address/)]],
    ["grpc: { address: 'http://x:1' }", [expect.stringMatching(/is no address/)]],
    [
      "grpc: { address: 'localhost:8080' }",
      ['a.yaml:1:31: listener "admin" already has port 8080 (by default) (expected another port, or 0 for a free one)'],
    ],
    ["grpc: { address: '0.0.0.0:8080' }, admin: null", []],
    ["a: { address: '127.0.0.1:0', serves: [http] }, b: { address: '127.0.0.1:0', serves: [http] }", []],
    [
      "extra: { address: '127.0.0.1:0' }",
      [
        'a.yaml:1:14: listener "extra" does not say what it serves (expected serves: [grpc], [http], [admin] or [syslog])',
      ],
    ],
    ["extra: { serves: [http] }", ['a.yaml:1:21: "address" is missing (expected text)']],
    [
      "extra: { address: 'h:0', serves: [grpc, http] }",
      [expect.stringContaining("gRPC shares its listener with nothing else")],
    ],
    ["grpc: { serves: [grcp] }", [expect.stringMatching(/"serves".*Did you mean "grpc"\?$/)]],
    [
      "grpc: { tls: { cert: c.pem, key: gone.pem } }",
      [expect.stringMatching(/gone\.pem cannot be read: there is no such file \(expected a PEM file\)$/)],
    ],
    ["grpc: { tls: { cert: k.pem, key: k.pem } }", [expect.stringMatching(/k\.pem is no PEM file with a certificate/)]],
    [
      "grpc: { tls: { cert: c.pem, key: k.pem, requireClientCert: true } }",
      [expect.stringContaining('"requireClientCert" needs "clientCa"')],
    ],
    ["grpc: { tls: { cert: c.pem, key: k.pem, clientCa: c.pem, spiffe: [example.org] } }", []],
  ];
  const pem = (label: string) => `-----BEGIN ${label}-----\nAA==\n-----END ${label}-----\n`;
  it.each(cases)("%s", (listeners, expected) => {
    const text = `listeners: { ${listeners} }`;
    const files: Record<string, string> = {
      "a.yaml": text,
      "c.pem": pem("CERTIFICATE"),
      "k.pem": pem("EC PRIVATE KEY"),
    };
    const readFile = (path: string) => {
      const name = path.split("/").at(-1) ?? "";
      const found = files[name];
      if (found === undefined) throw Object.assign(new Error("no"), { code: "ENOENT" });
      return found;
    };
    expect(messages(load([text], { readFile }))).toEqual(expected);
  });

  it("find TLS files beside the configuration that names them", () => {
    const text = "listeners: { grpc: { tls: { cert: c.pem, key: /etc/k.pem } } }";
    const readFile = (path: string) =>
      path === "a.yaml" ? text : pem(path.includes("k.pem") ? "PRIVATE KEY" : "CERTIFICATE");
    const loaded = load([text], { readFile });
    expect(loaded.ok && loaded.config.listeners.grpc?.tls).toMatchObject({
      cert: `${process.cwd()}/c.pem`,
      key: "/etc/k.pem",
    });
  });
});

describe("enrich and routes", () => {
  const cases: readonly [string, readonly string[]][] = [
    ["enrich: { addresses: { 10.0.0: {} } }", [expect.stringContaining('a.yaml:1:24: "10.0.0" is no address')]],
    ["enrich: { addresses: { 10.0.0.0/33: {} } }", [expect.stringContaining("is no address")]],
    [
      "enrich: { addresses: { 10.0.0.1: { workload.nam: a } } }",
      ['a.yaml:1:36: no attribute source.workload.nam or destination.workload.nam. Did you mean "workload.name"?'],
    ],
    [
      "enrich: { addresses: { 10.0.0.1: { labels: a } } }",
      [expect.stringContaining('"labels" is of the wrong kind (expected a mapping of texts)')],
    ],
    [
      "enrich: { principals: { 'spiffe://td/ns/a/sa/b': {} } }",
      [expect.stringContaining('Did you mean "td/ns/a/sa/b"?')],
    ],
    [
      "routes: { templates: [users/{id}] }",
      ['a.yaml:1:23: "users/{id}" is no path template (expected a path such as /users/{id})'],
    ],
    ["routes: { maxTemplates: 0 }", ['a.yaml:1:25: "maxTemplates" is too small (expected more than 0)']],
  ];
  it.each(cases)("%s", (text, expected) => {
    expect(messages(load([text.replace("[users/{id}]", "['users/{id}']")]))).toEqual(expected);
  });
});

describe("whatever the text", () => {
  const pieces = fc.constantFrom(
    "handlers",
    "rules",
    "instances",
    ":",
    " ",
    "\n",
    "  ",
    "- ",
    "{",
    "}",
    "[",
    "]",
    "&a",
    "*a",
    "<<",
    '"',
    "'",
    "|",
    ">",
    "#",
    "${env:",
    "}",
    "!!",
    "---",
    "null",
    "1",
    "__proto__",
    "constructor",
    "listeners",
    "grpc",
    "address",
    ",",
    "?",
    "%",
    "\t",
  );
  it("loading ends with a verdict and never throws", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join("")),
        ),
        (text) => {
          const loaded = load([text]);
          expect(loaded.ok || loaded.problems.length > 0).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("damage to a good file is either harmless or told with a place in it", () => {
    fc.assert(
      fc.property(fc.nat(good.length), fc.nat(8), fc.string({ maxLength: 4 }), (at, length, insert) => {
        const text = good.slice(0, at) + insert + good.slice(at + length);
        const loaded = load([text]);
        const lines = text.split("\n").length;
        if (!loaded.ok) for (const { line } of loaded.problems) expect(line).toBeLessThanOrEqual(lines);
      }),
      { numRuns: 1000 },
    );
  });

  it("stops at nesting, at size and at aliases of aliases", () => {
    expect(messages(load(["[".repeat(50_000)]))[0]).toMatch(/a\.yaml:/);
    expect(
      messages(load([`handlers: ${"{a: ".repeat(200)}1${"}".repeat(200)}`])).some((message) =>
        message.includes("the file holds too much"),
      ),
    ).toBe(true);
    expect(messages(load([" ".repeat(1_048_577)]))).toEqual([
      "a.yaml:1:1: the file is too large (expected at most 1048576 characters)",
    ]);
    const laughs = Array.from(
      { length: 12 },
      (_, n) =>
        `a${n}: &a${n} [${Array(10)
          .fill(n === 0 ? "x" : `*a${n - 1}`)
          .join(", ")}]`,
    ).join("\n");
    expect(messages(load([laughs])).some((message) => message.includes("the file holds too much"))).toBe(true);
  });
});

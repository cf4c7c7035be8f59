import type { Attribute } from "./attribute.ts";
import { builtInAttributes } from "./vocabulary.ts";

/** How an attribute is carried by one kind of source. */
interface Column {
  readonly title: string;
  cell(attribute: Attribute): string;
}

const columns: readonly Column[] = [
  { title: "attribute", cell: ({ name, ours }) => `\`${name}\`${ours ? " +" : ""}` },
  { title: "type", cell: ({ type }) => type },
  { title: "meaning", cell: ({ meaning }) => meaning },
  { title: "Envoy access log", cell: ({ accessLog = "" }) => accessLog },
  { title: "check", cell: ({ check = "", limit }) => (limit === undefined ? check : joined(check, `limit: ${limit}`)) },
  { title: "OTLP span", cell: spanCell },
  { title: "OpenTelemetry", cell: ({ otel }) => (otel === undefined ? "" : `\`${otel}\``) },
];

const headings: Readonly<Record<string, string>> = {
  context: "Context",
  request: "Requests",
  route: "Routes",
  api: "API",
  response: "Responses",
  upstream: "Upstream",
  trace: "Traces",
  span: "Spans",
  call: "Calls",
  check: "Decisions",
  connection: "Connections",
  origin: "Origin",
  source: "Source",
  destination: "Destination",
  metric: "Metrics of others",
};

/** Groups that are shown with another one. */
const shownWith: Readonly<Record<string, string>> = { quota: "check", rbac: "check", ratelimit: "check" };

const introduction = `# The vocabulary

Every record that Mixdown makes, whatever it came from, holds the attributes below. Rules, instances and dimensions are
written in these names. What a source does not carry is absent: not zero, not empty. Names marked + are Mixdown's own,
the others are Mixer's. A configuration adds names of its own under \`vocabulary\`.

Types: STRING, INT64, DOUBLE, BOOL, TIMESTAMP, DURATION, IP_ADDRESS, STRING_MAP. Where several keys of a span are named,
the first that is there counts.

*Made from \`schemas/attributes/\` by \`node schemas/attributes/write-document.ts\`; a test keeps it current.*
`;

/** The reference page of the vocabulary, in Markdown. */
export function renderVocabulary(): string {
  const sections = Object.entries(headings).map(([group, heading]) => {
    const rows = builtInAttributes.filter(({ name }) => groupOf(name) === group).map(toRow);
    return [
      `## ${heading}`,
      "",
      row(columns.map(({ title }) => title)),
      row(columns.map(() => "---")),
      ...rows,
      "",
    ].join("\n");
  });
  return [introduction, ...sections].join("\n");
}

function groupOf(name: string): string {
  const group = name.slice(0, name.indexOf("."));
  return shownWith[group] ?? group;
}

function toRow(attribute: Attribute): string {
  return row(columns.map(({ cell }) => cell(attribute).replaceAll("|", "\\|")));
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function spanCell({ span, spanField = "", metric, call }: Attribute): string {
  const own = joined((span ?? []).map((key) => `\`${key}\``).join(", "), spanField);
  const made = joined(metric === undefined ? "" : `metric: ${metric}`, call === undefined ? "" : `call: ${call}`);
  return joined(own, made);
}

function joined(one: string, other: string): string {
  return one === "" || other === "" ? one + other : `${one}; ${other}`;
}

import { parse } from "yaml";
import type { Json } from "../../schemas/model/access-log.ts";
import { errorText } from "../../schemas/model/error-text.ts";
import { HubError } from "../errors.ts";
import { toAnswer } from "../receivers/json-check/answer.ts";
import type { Command, CommandIo } from "./command.ts";
import { oneOfChoices, parseArguments, usage } from "./parse-arguments.ts";
import { loadForPolicy } from "./policy/load.ts";
import { openOfflinePolicy } from "./policy/offline-policy.ts";
import { formatVerdict, wayThrough } from "./policy/way.ts";

/** Decides on one request as the hub would, and says how it came to that. */
export const checkCommand: Command = {
  name: "check",
  summary: "Decides on one request as the hub would, and says how it came to that.",
  help: `Usage: mixdown check --config FILE... --attributes FILE|- [--default allow|deny] [--json]

Tries the policy rules of a configuration on one request, without a hub, and prints the
verdict with what each rule said. Ends with 0 whatever the verdict is, with 78 if the
configuration or the attributes are wrong. Handlers that rules ask are asked; budgets of
limits are whole.

  --config FILE        Configuration; repeat it to merge several files in order.
  --attributes FILE    JSON or YAML object of attribute names and values, in the form of
                       POST /v1/check; - reads standard input.
  --default VERDICT    What becomes of a request that no rule decides on: allow (default)
                       or deny.
  --json               The answer of POST /v1/check, with "reasons", "shadow" and "way".

Examples:
  mixdown check --config mesh.yaml --attributes request.json
  echo 'request.path: /admin' | mixdown check --config mesh.yaml --attributes - --json
`,
  async run(argv, io) {
    const { values } = parseArguments(argv, {
      verb: "check",
      options: {
        config: { type: "string", multiple: true },
        attributes: { type: "string" },
        default: { type: "string", default: "allow" },
        json: { type: "boolean", default: false },
      },
    });
    const { config, attributes } = values;
    if (config === undefined) throw usage("check", "--config is missing");
    if (attributes === undefined) throw usage("check", "--attributes is missing");
    const byDefault = oneOfChoices("check", "default", values.default, ["allow", "deny"]);
    const asked = await readAttributes(attributes, io);
    const checked = await loadForPolicy(config, io);
    const policy = await openOfflinePolicy(checked, io);
    try {
      const verdict = await policy.decide(asked, byDefault);
      const way = wayThrough(
        checked.policy.map(({ name }) => name),
        verdict,
      );
      const { reasons, shadow = null } = verdict;
      const json = () => `${JSON.stringify({ ...toAnswer(verdict), reasons, shadow, way }, undefined, 2)}\n`;
      io.stdout.write(values.json ? json() : formatVerdict(verdict, way));
      return 0;
    } finally {
      await policy.close();
    }
  },
};

async function readAttributes(path: string, io: CommandIo): Promise<Json> {
  const written = path === "-" ? await readAll(io) : read(path, io);
  try {
    return parse(written) as Json;
  } catch (error) {
    throw new HubError("CONFIG_INVALID", `${path}: ${errorText(error)}`);
  }
}

async function readAll({ stdin }: CommandIo): Promise<string> {
  let all = "";
  const decoder = new TextDecoder();
  for await (const chunk of stdin) all += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
  return all;
}

function read(path: string, io: CommandIo): string {
  try {
    return io.readFile(path);
  } catch (cause) {
    throw new HubError("CONFIG_UNREADABLE", `cannot read ${path}: ${errorText(cause)}`, { cause });
  }
}

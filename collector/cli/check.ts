import { parse } from "yaml";
import type { Json } from "../../schemas/model/access-log.ts";
import type { CheckListener, ProxiedCheck } from "../../schemas/model/check-request.ts";
import { errorText } from "../../schemas/model/error-text.ts";
import { nearest } from "../../schemas/model/nearest.ts";
import type { CheckedConfig } from "../config/checked.ts";
import { CheckJsonError, checkFromJson } from "../decode/ext-authz/from-json.ts";
import { HubError } from "../errors.ts";
import { toAnswer } from "../receivers/json-check/answer.ts";
import type { Command, CommandIo } from "./command.ts";
import { oneOfChoices, parseArguments, usage } from "./parse-arguments.ts";
import { loadForPolicy } from "./policy/load.ts";
import { askedHandlers } from "./policy/offline-checkers.ts";
import { openOfflineHubs } from "./policy/offline-hub.ts";
import { formatVerdict, wayThrough } from "./policy/way.ts";

/** Decides on one request as the hub would, and says how it came to that. */
export const checkCommand: Command = {
  name: "check",
  summary: "Decides on one request as the hub would, and says how it came to that.",
  help: `Usage: mixdown check --config FILE... (--attributes FILE|- | --request FILE|-)
                     [--listener NAME] [--default allow|deny] [--json]

Tries the policy rules of a configuration on one request, without a hub, and prints the
verdict with what each rule said. Ends with 0 whatever the verdict is, with 78 if the
configuration or the attributes are wrong. Handlers that rules ask are asked; budgets of
limits are whole.

  --config FILE        Configuration; repeat it to merge several files in order.
  --attributes FILE    JSON or YAML object of attribute names and values, in the form of
                       POST /v1/check; - reads standard input.
  --request FILE       A CheckRequest of Envoy's ext_authz as JSON or YAML instead, as a proxy
                       would send it, or the input document of opa-envoy.
  --listener NAME      Asks on this listener: its default, reporter and trustedHops hold.
  --default VERDICT    What becomes of a request that no rule decides on: allow or deny; by
                       default what the listener says, else allow.
  --json               The answer of POST /v1/check, with "reasons", "shadow" and "way".

Examples:
  mixdown check --config mesh.yaml --attributes request.json
  echo 'request.path: /admin' | mixdown check --config mesh.yaml --attributes - --json
  mixdown check --config mesh.yaml --request check-request.json --listener grpc
`,
  async run(argv, io) {
    const { values } = parseArguments(argv, {
      verb: "check",
      options: {
        config: { type: "string", multiple: true },
        attributes: { type: "string" },
        request: { type: "string" },
        listener: { type: "string" },
        default: { type: "string" },
        json: { type: "boolean", default: false },
      },
    });
    const { config, attributes, request } = values;
    if (config === undefined) throw usage("check", "--config is missing");
    const file = attributes ?? request;
    if (file === undefined) throw usage("check", "--attributes or --request is missing");
    if (attributes !== undefined && request !== undefined)
      throw usage("check", "--attributes and --request exclude each other");
    const asked = await readAsked(file, io);
    const checked = await loadForPolicy(config, io);
    const listener = listenerNamed(values.listener, checked);
    const byDefault = oneOfChoices("check", "default", values.default ?? listener.default, ["allow", "deny"]);
    const check = request === undefined ? ({ kind: "report", value: asked } as const) : proxied(asked, file, listener);
    const hubs = await openOfflineHubs(checked, askedHandlers(checked), io);
    try {
      const verdict = await (await hubs.start()).check(check, byDefault);
      const way = wayThrough(
        checked.policy.map(({ name }) => name),
        verdict,
      );
      const { reasons, shadow = null } = verdict;
      const json = () => `${JSON.stringify({ ...toAnswer(verdict), reasons, shadow, way }, undefined, 2)}\n`;
      io.stdout.write(values.json ? json() : formatVerdict(verdict, way));
      return 0;
    } finally {
      await hubs.close();
    }
  },
};

/** What counts of the listener that is asked on; without a name, what holds for one without settings. */
function listenerNamed(name: string | undefined, { config }: CheckedConfig): CheckListener & { default: string } {
  const bare = { reporter: "inbound", trustedHops: 0, default: "allow" } as const;
  if (name === undefined) return bare;
  const listener = Object.hasOwn(config.listeners, name) ? config.listeners[name] : undefined;
  if (listener) return { ...bare, ...listener, reporter: listener.reporter ?? bare.reporter };
  const suggestion = nearest(name, Object.keys(config.listeners));
  throw usage(
    "check",
    `unknown listener "${name}"${suggestion === undefined ? "" : `. Did you mean "${suggestion}"?`}`,
  );
}

function proxied(asked: Json, file: string, listener: CheckListener): ProxiedCheck {
  try {
    return checkFromJson(asked, listener);
  } catch (error) {
    if (error instanceof CheckJsonError) throw new HubError("CONFIG_INVALID", `${file}: ${error.message}`);
    throw error;
  }
}

async function readAsked(path: string, io: CommandIo): Promise<Json> {
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

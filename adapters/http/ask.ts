import type { Json } from "../../schemas/model/access-log.ts";
import type { Value } from "../../schemas/model/value.ts";
import type { HeaderChange } from "../../schemas/model/verdict.ts";
import type { Host } from "../adapter.ts";
import type { Answer, Checks, Question } from "../checker.ts";
import { faultOf } from "../shared/http.ts";
import { joinHeaders } from "../shared/http-settings.ts";
import { toJsonValue } from "../shared/json-value.ts";
import { textOf } from "../shared/load-text.ts";
import { fetchWith } from "../shared/tls-fetch.ts";
import type { HttpConfig } from "./config.ts";

/** Longest body of an answer that is passed on. */
const MAX_BYTES = 65_536;

/** Asks a web hook: 2xx passes, 401 and 403 refuse with their body and headers, anything else is an error. */
export const checks: Checks<HttpConfig> = {
  instance: "optional",
  reads: ({ ask }) => ask.attributes,
  async open({ url, headers: more, tls, ask }: HttpConfig, host: Host) {
    const { fetch, close } = fetchWith(tls, host.fetch);
    const headers = joinHeaders({ "content-type": "application/json", "user-agent": "mixdown" }, more);
    return {
      async check(question, signal) {
        const body = JSON.stringify(questionOf(question, ask.attributes));
        try {
          const response = await fetch(url, { method: "POST", headers, body, signal, redirect: "manual" });
          const answer = toAnswer(response, await textOf(response, MAX_BYTES), ask);
          return answer.verdict === "error" ? answer : { ...answer, validForMs: ask.validFor };
        } catch (error) {
          return { verdict: "error", reason: faultOf(error) };
        }
      },
      close: async () => close(),
    };
  },
};

function questionOf({ get, instance }: Question, attributes: readonly string[]): Json {
  const values = attributes.map((name): [string, Value | undefined] => [name, get(name)]);
  return { attributes: toJson(values), ...(instance && { instance: toJson(Object.entries(instance)) }) };
}

const toJson = (values: readonly (readonly [string, Value | undefined])[]): Json =>
  Object.fromEntries(values.flatMap(([name, value]) => (value === undefined ? [] : [[name, toJsonValue(value)]])));

function toAnswer({ status, headers }: Response, body: string, ask: HttpConfig["ask"]): Answer {
  if (status >= 200 && status < 300)
    return { verdict: "pass", changes: { upstream: copied(headers, ask.upstreamHeaders) } };
  if (status !== 401 && status !== 403) return { verdict: "error", reason: `the web hook answered ${status}` };
  const denial = { status, code: status === 401 ? 16 : 7, message: "refused by the web hook", body };
  return { verdict: "deny", denial, changes: { client: copied(headers, ask.clientHeaders) } };
}

/** Cookies stay apart, the first in place of any that there are. */
function copied(headers: Headers, names: readonly string[]): HeaderChange[] {
  return names.flatMap((name) => {
    const values = name === "set-cookie" ? headers.getSetCookie() : [headers.get(name) ?? []].flat();
    return values.map((value, index): HeaderChange => ({ action: index === 0 ? "set" : "add", name, value }));
  });
}

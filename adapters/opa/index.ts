import { randomUUID } from "node:crypto";
import type { Json } from "../../schemas/model/access-log.ts";
import { type Answer, defineChecker, type Question } from "../checker.ts";
import { faultOf } from "../shared/http.ts";
import { joinHeaders } from "../shared/http-settings.ts";
import { textOf } from "../shared/load-text.ts";
import { fetchWith } from "../shared/tls-fetch.ts";
import { tlsProblems } from "../shared/tls-settings.ts";
import { config, type OpaConfig } from "./config.ts";
import { toAnswer } from "./decision.ts";
import { envoyReads, toEnvoyInput } from "./envoy-input.ts";
import { toMixerInput } from "./mixer-input.ts";
import { RequestParseError } from "./unescape.ts";

/** Longest answer that is read. */
const MAX_BYTES = 1024 * 1024;

/** Asks an OPA server, with the input and the decisions of opa-envoy or of Mixer's adapter. */
export const opa = defineChecker({
  type: "opa",
  summary: "Asks an OPA server; policies written for opa-envoy run as they are.",
  config,
  instance: "optional",
  template: "authorization",
  reads: ({ input }) => (input === "envoy" ? envoyReads : ["request.headers"]),
  validate: ({ url, tls }) => tlsProblems(url, tls),
  async open(settings, host) {
    const { fetch, close } = fetchWith(settings.tls, host.fetch);
    const url = urlOf(settings);
    const headers = joinHeaders({ "content-type": "application/json", "user-agent": "mixdown" }, settings.headers);

    const ask = async (question: Question, input: string, signal: AbortSignal): Promise<Answer> => {
      // An answer that depends on the trace would never be given again.
      const trace = settings.validFor === 0 ? question.entry("request.headers", "traceparent") : undefined;
      try {
        const response = await fetch(url, {
          ...{ method: "POST", signal, redirect: "manual", body: `{"input":${input}}` },
          headers: trace === undefined ? headers : { ...headers, traceparent: trace },
        });
        const answer = readAnswer(response.status, await textOf(response, MAX_BYTES));
        return answer.verdict === "error" ? answer : { ...answer, validForMs: settings.validFor };
      } catch (error) {
        return { verdict: "error", reason: faultOf(error) };
      }
    };

    return {
      check(question, signal) {
        try {
          const input = inputOf(question, settings);
          if (input === undefined)
            return { verdict: "error", reason: "the rule names no authorization, which input: mixer is made of" };
          return ask(question, input, signal);
        } catch (error) {
          if (error instanceof RequestParseError) return refuseUnread(error);
          throw error;
        }
      },
      close: async () => close(),
    };
  },
});

function inputOf(question: Question, { input, parseBody }: OpaConfig): string | undefined {
  if (input === "envoy") return toEnvoyInput(question, parseBody);
  return question.instance && toMixerInput(question.instance);
}

function urlOf({ url, path }: OpaConfig): string {
  return `${url.replace(/\/+$/, "")}/v1/data/${path.split("/").map(encodeURIComponent).join("/")}`;
}

/** A request that cannot be read is refused as opa-envoy refuses it, without asking. */
function refuseUnread({ message }: RequestParseError): Answer {
  const text = `request_parse_error: ${message}`;
  return { verdict: "deny", denial: { status: 400, code: 7, message: text, body: text } };
}

/** Reads the answer of OPA's Data API. Without a result the rule is undefined, which is no refusal. */
function readAnswer(status: number, text: string): Answer {
  if (status !== 200)
    return { verdict: "error", reason: `OPA answered ${status}: ${text.replace(/\s+/g, " ").slice(0, 300)}` };
  const answer = JSON.parse(text) as { readonly result?: Json; readonly decision_id?: Json } | null;
  if (answer?.result === undefined)
    return { verdict: "error", reason: "the decision is undefined: is there such a rule?" };
  const { result, decision_id: id } = answer;
  return toAnswer(result, typeof id === "string" && id !== "" ? id : randomUUID());
}

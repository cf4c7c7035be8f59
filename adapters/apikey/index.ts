import { defineChecker } from "../checker.ts";
import { attributesOf, findCredential, unauthorized, withoutCredential } from "../shared/credential.ts";
import { loadFile } from "../shared/load-text.ts";
import { createRefreshed } from "../shared/refreshed.ts";
import { config } from "./config.ts";
import { type ApiKey, parseKeys } from "./keys.ts";

const MAX_BYTES = 16 * 1024 * 1024;
/** How long reading the file may take. */
const TIMEOUT_MS = 5_000;

/** Lets requests pass that carry a key of which a file has the hash, and says whose it is. */
export const apikey = defineChecker({
  type: "apikey",
  summary: "Refuses requests without a known API key, and says whose it is.",
  config,
  instance: "none",
  reads: ({ from }) => attributesOf(from),
  async open({ file, from, refresh: refreshMs, stale: staleMs, optional, forward }, host) {
    const { handler, now } = host;
    const keys = await createRefreshed(
      {
        ...{ what: "file of keys", refreshMs, staleMs, timeoutMs: TIMEOUT_MS, parse: parseKeys },
        load: (signal) => loadFile(file, MAX_BYTES, signal),
      },
      host,
    );
    const refuse = (message: string) => unauthorized(message, `ApiKey realm="${handler}"`);
    return {
      check(question) {
        const found = findCredential(question, from);
        if (found === undefined) return optional ? { verdict: "pass" } : refuse("an API key is needed");
        const current = keys.current();
        if (!current.ok) return { verdict: "error", reason: current.reason };
        const { holds } = current;
        const key = current.value.find(found.text);
        if (key === undefined) return { ...refuse("the API key is not known"), holds };
        const validForMs = key.expiresMs - now();
        if (validForMs <= 0) return { ...refuse("the API key has expired"), holds };
        const taken = forward ? {} : withoutCredential(found.place);
        const changes = { ...taken, metadata: { api_key: { name: key.name, ...key.metadata } } };
        return { verdict: "pass", attributes: attributesFor(handler, key), changes, validForMs, holds };
      },
      async close() {
        keys.close();
      },
    };
  },
});

/** Who has the key, for the rules that follow. The key itself goes nowhere. */
function attributesFor(handler: string, { name, metadata }: ApiKey) {
  return {
    "request.api_key": name,
    "request.auth.principal": `${handler}/${name}`,
    "request.auth.claims": new Map([...Object.entries(metadata), ["iss", handler], ["sub", name]]),
  };
}

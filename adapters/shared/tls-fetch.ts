import { Agent, request } from "node:https";
import { Readable } from "node:stream";
import { readTls, type TlsMaterial, type TlsSettings } from "./tls-settings.ts";

/** A fetch for POST requests over TLS with roots or certificates of its own, which the built-in fetch cannot be given. */
export interface TlsFetch {
  readonly fetch: typeof globalThis.fetch;
  /** Ends connections that are kept for later requests. */
  close(): void;
}

/** The fetch that settings ask for: the given one, unless they have TLS of their own. */
export function fetchWith(tls: TlsSettings | undefined, fetch: typeof globalThis.fetch): TlsFetch {
  return tls === undefined ? { fetch, close() {} } : createTlsFetch(readTls(tls));
}

/** Statuses whose answers have no body (Fetch standard, "null body status"). */
const bodiless = new Set([204, 205, 304]);

/** Makes a fetch that uses this TLS material. Redirects are given as they are. */
export function createTlsFetch({ serverName, ...material }: TlsMaterial): TlsFetch {
  const agent = new Agent({
    keepAlive: true,
    ...material,
    ...(serverName === undefined ? {} : { servername: serverName }),
  });
  return {
    fetch: (input, init = {}) =>
      new Promise((resolve, reject) => {
        const { method = "GET", headers, body, signal } = init;
        const options = {
          method,
          agent,
          headers: Object.fromEntries(new Headers(headers)),
          signal: signal ?? undefined,
        };
        const sent = request(String(input), options, (answer) => {
          const { statusCode: status = 0 } = answer;
          const heads = Object.entries(answer.headers).map(([name, value]): [string, string] => [name, String(value)]);
          if (bodiless.has(status)) answer.resume();
          resolve(
            new Response(bodiless.has(status) ? null : (Readable.toWeb(answer) as ReadableStream), {
              status,
              headers: heads,
            }),
          );
        });
        sent.on("error", reject);
        sent.end(body);
      }),
    close: () => agent.destroy(),
  };
}

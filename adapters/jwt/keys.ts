import { createLocalJWKSet, type JSONWebKeySet, type LocalJWKSet } from "jose";
import type { ConfigProblem, Host } from "../adapter.ts";
import { loadFile, loadUrl } from "../shared/load-text.ts";
import { createRefreshed, type Refreshed } from "../shared/refreshed.ts";
import { fetchWith } from "../shared/tls-fetch.ts";
import { tlsProblems } from "../shared/tls-settings.ts";
import type { JwtConfig } from "./config.ts";

/** Sets of keys are small. */
const MAX_BYTES = 1024 * 1024;

/** Keeps the issuer's keys fresh. */
export async function openKeys(settings: JwtConfig, host: Host): Promise<Refreshed<LocalJWKSet>> {
  const {
    jwksUrl: url,
    jwksFile: file,
    headers,
    tls,
    refresh: refreshMs,
    stale: staleMs,
    timeout: timeoutMs,
  } = settings;
  const { fetch, close } = fetchWith(tls, host.fetch);
  const keys = await createRefreshed(
    {
      ...{ what: "set of keys", refreshMs, staleMs, timeoutMs },
      load: (signal) =>
        url === undefined
          ? loadFile(file ?? "", MAX_BYTES, signal)
          : loadUrl(fetch, { url, headers, maxBytes: MAX_BYTES, signal }),
      parse: (text) => parseKeys(text),
    },
    host,
  );
  return {
    current: keys.current,
    refresh: keys.refresh,
    close() {
      keys.close();
      close();
    },
  };
}

/** Reads a JSON Web Key Set (RFC 7517 5). Keys of kinds that are not known are passed over, as the RFC says; shared secrets are never used. */
function parseKeys(text: string): LocalJWKSet {
  const set = JSON.parse(text) as JSONWebKeySet;
  if (!Array.isArray(set?.keys)) throw new Error('it is no JSON Web Key Set: there is no list "keys"');
  return createLocalJWKSet({ keys: set.keys.filter(({ kty }) => kty !== "oct") });
}

/** What is wrong with where the keys are. */
export function keyProblems({ jwksUrl, jwksFile, tls }: JwtConfig): ConfigProblem[] {
  if (jwksUrl !== undefined && jwksFile !== undefined)
    return [{ path: ["jwksFile"], message: "there is jwksUrl already; give one of them" }];
  if (jwksUrl === undefined && jwksFile === undefined)
    return [{ path: [], message: "there are no keys: give jwksUrl or jwksFile" }];
  return jwksUrl === undefined ? [] : tlsProblems(jwksUrl, tls);
}

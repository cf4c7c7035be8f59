import type { Call } from "./call.ts";
import { addressProblem, matchAddress, portProblem } from "./match/address.ts";
import {
  type MatchIdentity,
  matchNamespace,
  matchPrincipal,
  matchServiceAccount,
  matchTrustDomain,
  serviceAccountProblem,
  trustDomainProblem,
} from "./match/identity.ts";
import { matchPath, pathProblem } from "./match/path.ts";
import { matchHost, matchPresent, matchText } from "./match/text.ts";
import { matchClaim, matchMetadata, matchRequestPrincipal } from "./match/token.ts";
import type { TrustDomains } from "./trust-domains.ts";

/** Says whether a request has something. */
export type Predicate = (call: Call) => boolean;

/** What the meaning of a value depends on beside itself. */
export interface Surroundings {
  /** Of the policy. */
  readonly namespace: string;
  readonly trustDomains: TrustDomains;
}

/** What values of a clause are compared with, and how. */
export interface Field {
  /** Not there for connections of which no request is read. */
  readonly isHttp: boolean;
  /** Known only once the caller is authenticated, so that CUSTOM policies, which come before, cannot ask for it. */
  readonly isAuthenticated: boolean;
  compile(value: string, surroundings: Surroundings): Predicate;
  /** Why Istio takes no such value; undefined if it does. */
  problem?(value: string): string | undefined;
}

const address = (attribute: string): Field => ({
  ...{ isHttp: false, isAuthenticated: false, problem: addressProblem },
  compile(value) {
    const matches = matchAddress(value);
    return (call) => matches(call.address(attribute));
  },
});

const identity = (
  compile: (value: string, surroundings: Surroundings) => readonly MatchIdentity[],
  problem?: Field["problem"],
): Field => ({
  ...{ isHttp: false, isAuthenticated: true, ...(problem && { problem }) },
  compile(value, surroundings) {
    const matchers = compile(value, surroundings);
    return (call) => matchers.some((matches) => matches(call.identity));
  },
});

const http = (compile: Field["compile"], problem?: Field["problem"]): Field => ({
  ...{ isHttp: true, isAuthenticated: false, compile, ...(problem && { problem }) },
});

const claim = (path: readonly string[]): Field => ({
  ...{ isHttp: true, isAuthenticated: true },
  compile(value) {
    const matches = matchClaim(value);
    return (call) => matches(call.claim(path));
  },
});

/** Fields by their whole key. */
const fields: Readonly<Record<string, Field>> = {
  "source.ip": address("source.ip"),
  "remote.ip": address("origin.ip"),
  "destination.ip": address("destination.ip"),
  "source.principal": identity((value, { trustDomains }) => trustDomains.ofPrincipal(value).map(matchPrincipal)),
  "source.namespace": identity((value) => [matchNamespace(value)]),
  "source.serviceAccount": identity(
    (value, { namespace }) => [matchServiceAccount(value, namespace)],
    serviceAccountProblem,
  ),
  "source.trustDomain": identity(
    (value, { trustDomains }) => trustDomains.ofTrustDomain(value).map(matchTrustDomain),
    trustDomainProblem,
  ),
  "destination.port": {
    ...{ isHttp: false, isAuthenticated: false, problem: portProblem },
    compile(value) {
      const port = Number(value);
      return (call) => call.port === port;
    },
  },
  "connection.sni": {
    ...{ isHttp: false, isAuthenticated: false },
    compile(value) {
      const matches = matchText(value);
      return (call) => matches(call.text("connection.requested_server_name"));
    },
  },
  hosts: http((value) => {
    const matches = matchHost(value);
    return (call) => matches(call.text("request.host"));
  }),
  methods: http((value) => {
    const matches = matchPresent(value);
    return (call) => matches(call.text("request.method"));
  }),
  paths: http((value) => {
    const matches = matchPath(value);
    return (call) => matches(call.path);
  }, pathProblem),
  "request.auth.principal": {
    ...{ isHttp: true, isAuthenticated: true },
    compile(value) {
      const matches = matchRequestPrincipal(value);
      return (call) => matches(call.claim(["iss"]), call.claim(["sub"]));
    },
  },
  "request.auth.audiences": claim(["aud"]),
  "request.auth.presenter": claim(["azp"]),
};

/** Fields whose key names what they look at in brackets, by what stands before. */
const bracketed: readonly { readonly start: string; of(name: string, filter: string): Field }[] = [
  { start: "request.headers", of: headerField },
  { start: "request.auth.claims", of: (name) => claim(name.split("][")) },
  { start: "experimental.envoy.filters.", of: metadataField },
];

function headerField(name: string): Field {
  const lower = name.toLowerCase();
  return http((value) => {
    const matches = matchPresent(value);
    return (call) => matches(call.header(lower));
  });
}

function metadataField(key: string, filter: string): Field {
  return {
    ...{ isHttp: false, isAuthenticated: false },
    compile(value) {
      const matches = matchMetadata(value);
      return (call) => matches(call.metadata(filter, key));
    },
  };
}

/** Older keys, and what took their place. */
const replaced: Readonly<Record<string, string>> = {
  "destination.labels": "the selector",
  "destination.namespace": "the namespace of the policy",
  "destination.name": "the selector",
  "destination.user": "the selector",
};

/** Finds what a key means, or why it means nothing. */
export function fieldOf(key: string): Field | { readonly unknown: string } {
  const plain = Object.hasOwn(fields, key) ? fields[key] : undefined;
  if (plain !== undefined) return plain;
  const old = replaced[key.split("[", 1)[0] as string];
  if (old !== undefined) return { unknown: `${key} is no condition any more: ${old} says it` };
  const found = bracketed.find(({ start }) => key.startsWith(start));
  if (found === undefined) return { unknown: `${key} is not known` };
  const [, before, name] = /^([^[]+)\[(.+)\]$/.exec(key) ?? [];
  if (before === undefined || name === undefined || (!found.start.endsWith(".") && before !== found.start))
    return { unknown: `${key} must have the form ${found.start}${found.start.endsWith(".") ? "FILTER" : ""}[NAME]` };
  return found.of(name, before.replace(/^experimental\./, ""));
}

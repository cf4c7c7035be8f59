import { memoizeByText } from "./bounded-cache.ts";
import type { ClusterName } from "./cluster-name.ts";
import type { IstioReporter, Reporter } from "./reporter.ts";

/** The service that a request goes to. */
export interface Service {
  readonly host: string | undefined;
  readonly name: string | undefined;
  readonly namespace: string | undefined;
  /** In Mixer's form: `istio://namespace/services/name`. */
  readonly uid: string | undefined;
}

/**
 * Tells the service that a request goes to, by which side reports, the upstream cluster and what its name says (both
 * undefined where the entry names none), the authority and the response flags.
 */
export type ServiceNamer = (
  inbound: boolean,
  cluster: string | undefined,
  clusterName: ClusterName | undefined,
  authority: string | undefined,
  responseFlags: string | undefined,
) => Service;

/** A service of which nothing is known. */
export const noService: Service = { host: undefined, name: undefined, namespace: undefined, uid: undefined };

/** Authorities remembered for each stream: proxies see few, attackers send many. */
const MAX_REMEMBERED = 512;

/** The host of an authority in lower case: without port, brackets of IPv6 and a closing dot; undefined if none is left. */
export function hostOf(authority: string): string | undefined {
  const bracket = authority.startsWith("[") ? authority.indexOf("]") : -1;
  if (bracket > 0) return authority.slice(1, bracket).toLowerCase() || undefined;
  const colon = authority.indexOf(":");
  const bare = colon < 0 || colon !== authority.lastIndexOf(":") ? authority : authority.slice(0, colon);
  return (bare.endsWith(".") ? bare.slice(0, -1) : bare).toLowerCase() || undefined;
}

const serviceHost = /^([^.]+)\.([^.]+)\.svc\./;

/** A service by its host; name and namespace are the first two labels of a `*.svc.*` host. */
export function serviceOfHost(host: string | undefined): Service {
  const [, name, namespace] = host === undefined ? [] : (serviceHost.exec(host) ?? []);
  if (name === undefined || namespace === undefined) return { ...noService, host };
  return { host, name, namespace, uid: `istio://${namespace}/services/${name}` };
}

/** Makes the namer for one proxy. */
export function createServiceNamer({ istio }: Reporter): ServiceNamer {
  return istio === undefined ? createPlainNamer() : createIstioNamer(istio);
}

/** A plain Envoy knows no services: the host is what the client asked for, the name that of the cluster. */
function createPlainNamer(): ServiceNamer {
  const byHost = memoizeByText(MAX_REMEMBERED, serviceOfHost);
  const byAuthority = memoizeByText(MAX_REMEMBERED, hostOf);
  let last = noService;
  return (_inbound, cluster, clusterName, authority) => {
    if (clusterName?.host !== undefined) return named(byHost(clusterName.host), cluster);
    const host = authority === undefined ? undefined : byAuthority(authority);
    if (last.host !== host || last.name !== cluster) last = { ...noService, host, name: cluster };
    return last;
  };
}

function createIstioNamer({ canonicalName, namespace, domain }: IstioReporter): ServiceNamer {
  const own: Service = { ...noService, name: canonicalName, namespace };
  const byHost = memoizeByText(MAX_REMEMBERED, serviceOfHost);
  const sent = memoizeByText(MAX_REMEMBERED, (authority) =>
    serviceOfHost(complete(hostOf(authority), namespace, domain)),
  );
  const received = memoizeByText(MAX_REMEMBERED, (authority) => {
    const service = sent(authority);
    return service.name === undefined ? { ...own, host: service.host } : service;
  });
  return (inbound, _cluster, clusterName, authority, responseFlags) => {
    if (clusterName?.host !== undefined) return byHost(clusterName.host);
    if (clusterName?.placeholder !== undefined) {
      const host = authority === undefined ? undefined : hostOf(authority);
      return { ...noService, host, name: clusterName.placeholder, namespace: inbound ? namespace : undefined };
    }
    if (inbound) return authority === undefined ? own : received(authority);
    if (authority === undefined || (clusterName === undefined && foundNoService(responseFlags))) return noService;
    return sent(authority);
  };
}

function named(service: Service, cluster: string | undefined): Service {
  return service.name === undefined ? { ...service, name: cluster } : service;
}

const shortName = /^[a-z0-9_-]+$/;
const nameAndNamespace = /^[a-z0-9_-]+\.[a-z0-9_-]+(\.svc)?$/;

/** Completes `name`, `name.namespace` and `name.namespace.svc` to the host of the service, as a pod's resolver would. */
function complete(host: string | undefined, namespace: string | undefined, domain: string): string | undefined {
  if (host === undefined) return undefined;
  if (shortName.test(host)) return namespace === undefined ? host : `${host}.${namespace}.svc.${domain}`;
  const match = nameAndNamespace.exec(host);
  if (match === null) return host;
  return match[1] === undefined ? `${host}.svc.${domain}` : `${host}.${domain}`;
}

/** No route (NR) or no such cluster (NC): the authority names nothing that the proxy knows. */
function foundNoService(flags: string | undefined): boolean {
  return flags !== undefined && /(?:^|,)N[RC](?:,|$)/.test(flags);
}

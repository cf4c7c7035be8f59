import { parseRoutePattern, type RoutePattern } from "../../schemas/model/route-pattern.ts";
import { looksGrpc, overflow } from "./path-segments.ts";
import { createRouteLearner, type Route, type RouteLearner } from "./route-learner.ts";

/** The `routes` part of the configuration. */
export interface RoutesConfig {
  /** Path templates; the first that matches wins. */
  readonly templates: readonly string[];
  /** Whether to learn templates for paths that none of them matches; else those are `{other}`. */
  readonly learn: boolean;
  /** Templates learned for one host, at most. */
  readonly maxTemplates: number;
}

/** Brings paths to a bounded number of templates. */
export interface RouteTemplates {
  /** The template of a path without query. `grpc`: the path names a method and stays as it is, within the budget. */
  template(host: string, path: string, grpc: boolean): string;
  /** Requests that became `{other}`. */
  readonly overflowed: number;
  /** Templates learned so far, over all hosts. */
  readonly learned: number;
}

/** Hosts that learn for themselves; those beyond share one budget. */
const MAX_HOSTS = 1000;
/** Templates over all hosts, in budgets of one host. */
const MAX_BUDGETS = 20;
const MAX_HOST_LENGTH = 255;
const MAX_REMEMBERED = 8192;
const MAX_REMEMBERED_LENGTH = 256;

interface Host {
  readonly learner: RouteLearner;
  /** Routes of paths that came lately; valid for one version of the learner. */
  readonly remembered: Map<string, Route>;
  version: number;
}

/** Makes the templates. Throws on a text that is no path template, which a checked configuration does not hold. */
export function createRouteTemplates({ templates, learn, maxTemplates }: RoutesConfig): RouteTemplates {
  const patterns = templates.map(toPattern);
  const fromPatterns = patterns.map(({ text }): Route => ({ template: text, hits: 0 }));
  const hosts = new Map<string, Host>();
  const rest = createHost();
  const other: Route = { template: overflow, hits: 0 };
  let learned = 0;
  let remembered = 0;

  function createHost(): Host {
    const learner = createRouteLearner(maxTemplates, () => learned < MAX_BUDGETS * maxTemplates);
    return { learner, remembered: new Map(), version: 0 };
  }

  function hostOf(name: string): Host {
    const known = hosts.get(name);
    if (known !== undefined) return known;
    if (hosts.size >= MAX_HOSTS || name.length > MAX_HOST_LENGTH) return rest;
    const host = createHost();
    hosts.set(name, host);
    return host;
  }

  function find({ learner }: Host, path: string, grpc: boolean): Route {
    if (patterns.length > 0) {
      const configured = fromPatterns[patterns.findIndex((pattern) => pattern.matches(path))];
      if (configured !== undefined) return configured;
    }
    if (!learn) return other;
    const before = learner.size;
    const route = learner.learn(path, grpc || looksGrpc(path));
    learned += learner.size - before;
    return route ?? other;
  }

  /** Remembers paths that are their own template; those with an id in them rarely come again, and would push others out. */
  function remember(host: Host, path: string, route: Route): void {
    if (host.version !== host.learner.version) {
      host.version = host.learner.version;
      forget(host);
    }
    if (route.template !== path || path.length > MAX_REMEMBERED_LENGTH) return;
    if (remembered >= MAX_REMEMBERED) for (const each of [rest, ...hosts.values()]) forget(each);
    host.remembered.set(path, route);
    remembered++;
  }

  function forget(host: Host): void {
    remembered -= host.remembered.size;
    host.remembered.clear();
  }

  return {
    template(hostName, path, grpc) {
      const host = hostOf(hostName);
      // Without patterns to try one by one, walking the learned tree is as quick as remembering.
      let route = patterns.length === 0 ? find(host, path, grpc) : host.remembered.get(path);
      if (route === undefined) {
        route = find(host, path, grpc);
        remember(host, path, route);
      }
      route.hits++;
      return route.template;
    },
    get overflowed() {
      return other.hits;
    },
    get learned() {
      return learned;
    },
  };
}

function toPattern(text: string): RoutePattern {
  const parsed = parseRoutePattern(text);
  if (!parsed.ok) throw new Error(`routes.templates: "${text}" is no path template, expected ${parsed.expected}`);
  return parsed.pattern;
}

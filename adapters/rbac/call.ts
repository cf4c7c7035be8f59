import type { Value } from "../../schemas/model/value.ts";
import type { Question } from "../checker.ts";
import type { ReadClaims } from "./claims.ts";
import { type Address, toAddress } from "./match/address.ts";
import { type Identity, toIdentity } from "./match/identity.ts";
import type { Claim } from "./match/token.ts";
import { memberOf } from "./member.ts";

/** Attributes that matching may read. */
export const callAttributes = [
  ...["context.protocol", "source.principal", "source.ip", "origin.ip", "destination.ip", "destination.port"],
  ...["connection.requested_server_name", "request.method", "request.host", "request.path", "request.scheme"],
  ...["request.headers", "request.auth.principal", "request.auth.audiences", "request.auth.presenter"],
  ...["request.auth.claims", "request.auth.raw_claims"],
];

/** Pseudo-headers that fronts may not list among the headers, and the attributes that are the same. */
const pseudoHeaders: Readonly<Record<string, string>> = {
  ":method": "request.method",
  ":path": "request.path",
  ":authority": "request.host",
  ":scheme": "request.scheme",
  host: "request.host",
};

/** One request in the terms of policies. What is asked of it is read once, on first demand. */
export class Call {
  readonly #question: Question;
  readonly #readClaims: ReadClaims;
  readonly #known = new Map<string, unknown>();

  constructor(question: Question, readClaims: ReadClaims) {
    this.#question = question;
    this.#readClaims = readClaims;
  }

  #once<T>(name: string, make: () => T): T {
    if (!this.#known.has(name)) this.#known.set(name, make());
    return this.#known.get(name) as T;
  }

  #value(attribute: string): Value | undefined {
    return this.#once(attribute, () => this.#question.get(attribute));
  }

  text(attribute: string): string | undefined {
    const value = this.#value(attribute);
    return typeof value === "string" ? value : undefined;
  }

  address(attribute: string): Address | undefined {
    const ip = this.text(attribute);
    return ip === undefined ? undefined : this.#once(`address ${attribute}`, () => toAddress(ip));
  }

  /** False for a connection of which no request was read. */
  get isHttp(): boolean {
    return this.text("context.protocol") !== "tcp";
  }

  get identity(): Identity | undefined {
    return this.#once("identity", () => toIdentity(this.text("source.principal") ?? ""));
  }

  get port(): number | undefined {
    const port = this.#value("destination.port");
    return port === undefined ? undefined : Number(port);
  }

  /** Without query and fragment. */
  get path(): string | undefined {
    return this.#once("path", () => this.text("request.path")?.replace(/[?#].*$/s, ""));
  }

  /** By name in lower case. */
  header(name: string): string | undefined {
    const attribute = pseudoHeaders[name];
    const found = this.#question.entry("request.headers", name);
    return found === undefined && attribute !== undefined ? this.text(attribute) : found;
  }

  /** A claim of the verified token, by its path through nested objects. */
  claim(path: readonly string[]): Claim {
    return this.#once("claims", () => this.#readClaims(this.#question))(path);
  }

  /** A value of dynamic metadata of the proxy, of proxies that send it. */
  metadata(filter: string, key: string): unknown {
    const raw = this.#once("raw", () => this.#question.raw());
    return memberOf(raw, ["attributes", "metadataContext", "filterMetadata", filter, key]);
  }
}

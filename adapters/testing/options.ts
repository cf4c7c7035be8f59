import type { z } from "zod";
import type { InstanceDeclaration, Template } from "../../schemas/model/instance.ts";
import type { Adapter, Aggregator, Deliverable, Outlet } from "../adapter.ts";
import type { FakeHost } from "./fake-host.ts";

/** What the tests of the contract need to know of an adapter. */
export interface ContractOptions<T extends Template> {
  /** Settings that work, as a user would write them. */
  readonly params: unknown;
  /** What rules send to it. */
  readonly instances: readonly InstanceDeclaration[];
  /** The i-th instance sent: of `instances`, each i another one. */
  readonly instance: (i: number) => Deliverable<T>;
  /** The text of its README, with a whole configuration in its first yaml block. */
  readonly readme?: string;
  /** What `adapter:` says in the README, where that is not the adapter's type: a path or the name of a package. */
  readonly writtenAs?: string;
  /** Promises that do not hold for it, by the name of the test, each with the reason. */
  readonly exceptions?: Readonly<Record<string, string>>;
  /** A fake of what the adapter sends to, where that is no HTTP backend behind `host.fetch`: the adapter under test must be made over it. */
  readonly backend?: OwnBackend;
  /** Why no HTTP backend behind `host.fetch` takes what it sends; promises about the answers of one are left out then. */
  readonly withoutHttp?: string;
}

/** A fake of a backend of any kind; each test says first how it behaves. */
export interface OwnBackend {
  /**
   * "well" takes everything; "busy" takes nothing now; "down" cannot be reached; "silent" never answers; "refusing" will never take
   * what it is sent.
   */
  behave(as: "well" | "busy" | "down" | "silent" | "refusing"): void;
  /** How many instances it has taken so far. */
  taken(): number;
}

/** One promise of an adapter to the hub, as a test for any runner. */
export interface ContractTest {
  readonly name: string;
  run(): Promise<void>;
}

/** The adapter under test, ready to be opened with the settings that work. */
export interface Subject<T extends Template> {
  readonly options: ContractOptions<T>;
  settings(): unknown;
  open(host: FakeHost): Promise<Outlet<T> | Aggregator<T>>;
}

/** Makes the subject of the tests. */
export function subjectOf<T extends Template, S extends z.ZodType>(
  adapter: Adapter<T, S>,
  options: ContractOptions<T>,
): Subject<T> {
  const settings = () => adapter.config.parse(options.params);
  return { options, settings, open: async (host) => adapter.open(settings(), host) };
}

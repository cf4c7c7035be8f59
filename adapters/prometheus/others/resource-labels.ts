import { WireCursor } from "../../shared/otlp/wire-cursor.ts";
import { type Labels, labelText, readAttribute, toLabels } from "./labels.ts";

/** What a resource gives to the series of its metrics. */
export interface ResourceLabels {
  /** The same as long as it is remembered, and never another's. */
  readonly id: number;
  /** `job`, `instance`, and the attributes that are wanted on each series. */
  readonly labels: Labels;
  /** Labels of its target_info; undefined where nothing says what target it is. */
  readonly target: string | undefined;
}

/** Characters of resources and scopes that are remembered. */
const maxCharacters = 8_388_608;
const identifying: ReadonlySet<string> = new Set(["service.name", "service.namespace", "service.instance.id"]);

/** Remembers what is made of bytes, in a memory that is emptied when it is full. */
class Memory<T> {
  readonly #known = new Map<string, T>();
  #characters = 0;

  get(key: string, make: () => T): T {
    const found = this.#known.get(key);
    if (found !== undefined) return found;
    const made = make();
    this.#characters += key.length;
    if (this.#characters > maxCharacters) {
      this.#known.clear();
      this.#characters = key.length;
    }
    this.#known.set(key, made);
    return made;
  }
}

const keyOf = ({ buffer, byteOffset, length }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, length).toString("latin1");

/** Reads resources: `job` is service.namespace and service.name, `instance` is service.instance.id. `wanted`: attributes that become labels. */
export function createResourceReader(wanted: readonly string[]): (bytes: Uint8Array) => ResourceLabels {
  const memory = new Memory<ResourceLabels>();
  let nextId = 0;
  return (bytes) => memory.get(keyOf(bytes), () => ({ id: nextId++, ...toResourceLabels(bytes, wanted) }));
}

function toResourceLabels(bytes: Uint8Array, wanted: readonly string[]): Omit<ResourceLabels, "id"> {
  const attributes = readAttributes(bytes, 1);
  const [name, namespace, instance] = ["service.name", "service.namespace", "service.instance.id"].map(
    (key) => attributes.get(key) ?? "",
  );
  const job = name === "" || namespace === "" ? (name ?? "") : `${namespace}/${name}`;
  const target = labelsOf([
    ["job", job],
    ["instance", instance ?? ""],
  ]);
  const chosen = new Map(wanted.map((key) => [key, attributes.get(key) ?? ""]));
  const others = new Map([...attributes].filter(([key]) => !identifying.has(key)));
  return {
    labels: new Map([...toLabels(chosen), ...target]),
    target: target.size === 0 ? undefined : labelText(toLabels(others), target),
  };
}

/** The labels of a scope. */
export interface ScopeLabels {
  readonly id: number;
  readonly labels: Labels;
}

/** Reads scopes as labels: name, version, schema URL and attributes behind `otel_scope_`; nothing where that is not wanted. */
export function createScopeReader(isWanted: boolean): (bytes: Uint8Array, schemaUrl: string) => ScopeLabels {
  const memory = new Memory<ScopeLabels>();
  let nextId = 0;
  return (bytes, schemaUrl) =>
    memory.get(`${schemaUrl} ${keyOf(bytes)}`, () => ({
      id: nextId++,
      labels: isWanted ? scopeLabels(bytes, schemaUrl) : new Map(),
    }));
}

/** InstrumentationScope: name = 1, version = 2, attributes = 3. */
function scopeLabels(bytes: Uint8Array, schemaUrl: string): Labels {
  const cursor = new WireCursor().enter(bytes, 0, bytes.length);
  let [name, version] = ["", ""];
  while (cursor.next()) {
    if (cursor.field === 1) name = cursor.text();
    else if (cursor.field === 2) version = cursor.text();
  }
  const own = labelsOf([
    ["otel_scope_name", name],
    ["otel_scope_version", version],
    ["otel_scope_schema_url", schemaUrl],
  ]);
  return new Map([...toLabels(readAttributes(bytes, 3), "otel_scope_"), ...own]);
}

/** Empty ones are none. */
const labelsOf = (pairs: readonly (readonly [string, string])[]): Map<string, string> =>
  new Map(pairs.filter(([, value]) => value !== ""));

function readAttributes(bytes: Uint8Array, field: number): Map<string, string> {
  const attributes = new Map<string, string>();
  const cursor = new WireCursor().enter(bytes, 0, bytes.length);
  const inner = new WireCursor();
  while (cursor.next()) if (cursor.field === field) readAttribute(inner.within(cursor), attributes);
  return attributes;
}

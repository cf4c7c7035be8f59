import type { Clause, Rule } from "./policy.ts";
import type { Reader } from "./reader.ts";

/** Fields of a source, each with the key of the condition that means the same. */
const sourceFields = {
  principals: "source.principal",
  requestPrincipals: "request.auth.principal",
  namespaces: "source.namespace",
  serviceAccounts: "source.serviceAccount",
  trustDomains: "source.trustDomain",
  ipBlocks: "source.ip",
  remoteIpBlocks: "remote.ip",
};

/** Fields of an operation; only ports are a condition too. */
const operationFields = { hosts: "hosts", methods: "methods", paths: "paths", ports: "destination.port" };

/** Reads the rules of a policy. */
export function readRules(value: unknown, reader: Reader): readonly Rule[] | undefined {
  return reader.list(value, "spec.rules")?.map((item, index) => readRule(item, `spec.rules[${index}]`, reader));
}

function readRule(value: unknown, place: string, reader: Reader): Rule {
  if (value === null) reader.note(place, "must not be null: {} matches everything");
  const { from, to, when } = reader.object(value, place, ["from", "to", "when"]);
  return {
    from: readParts(from, `${place}.from`, "source", sourceFields, reader),
    to: readParts(to, `${place}.to`, "operation", operationFields, reader),
    when: (reader.list(when, `${place}.when`) ?? []).map((item, index) =>
      readCondition(item, `${place}.when[${index}]`, reader),
    ),
  };
}

/** The sources or the operations of a rule. */
function readParts(
  value: unknown,
  place: string,
  name: string,
  fields: Readonly<Record<string, string>>,
  reader: Reader,
): Rule["from"] {
  const parts = reader.list(value, place);
  if (parts?.length === 0) reader.note(place, "must not be an empty list: leave it out to restrict nothing");
  return parts?.map((item, index) => {
    const part = reader.object(item, `${place}[${index}]`, [name])[name];
    const before = reader.problems.length;
    const clauses = readFields(part, `${place}[${index}].${name}`, fields, reader);
    if (clauses.length === 0 && reader.problems.length === before)
      reader.note(`${place}[${index}].${name}`, "must have a field with a value");
    return clauses;
  });
}

function readFields(
  value: unknown,
  place: string,
  fields: Readonly<Record<string, string>>,
  reader: Reader,
): readonly Clause[] {
  const names = Object.keys(fields);
  const members = reader.object(value, place, [...names, ...names.map(twinOf)]);
  return Object.entries(fields).flatMap(([name, key]) => {
    const values = reader.texts(members[name], `${place}.${name}`);
    const notValues = reader.texts(members[twinOf(name)], `${place}.${twinOf(name)}`);
    return values.length + notValues.length === 0 ? [] : [{ key, values, notValues, place: `${place}.${name}` }];
  });
}

/** `notHosts` of `hosts`. */
function twinOf(name: string): string {
  return `not${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

function readCondition(value: unknown, place: string, reader: Reader): Clause {
  const members = reader.object(value, place, ["key", "values", "notValues"]);
  const key = reader.text(members.key, `${place}.key`) ?? "";
  const values = reader.texts(members.values, `${place}.values`);
  const notValues = reader.texts(members.notValues, `${place}.notValues`);
  if (key === "") reader.note(`${place}.key`, "must not be empty");
  if (Object.hasOwn(operationFields, key)) reader.note(`${place}.key:`, `${key} is not known`);
  if (values.length + notValues.length === 0) reader.note(place, "must have values or notValues");
  return { key, values, notValues, place };
}

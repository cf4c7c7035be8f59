import type { Type as CelType } from "@bufbuild/cel-spec/cel/expr/checked_pb.js";
import type { Value as CelValue } from "@bufbuild/cel-spec/cel/expr/value_pb.js";
import type { IncrementalTest, IncrementalTestSuite } from "@bufbuild/cel-spec/testdata/tests.js";
import { compileIn } from "../../collector/expr/compile.ts";
import { equalBoxed } from "../../collector/expr/equality.ts";
import { EvalFailure } from "../../collector/expr/expression.ts";
import { nativeFunctions } from "../../collector/expr/functions/table.ts";
import { literalMap } from "../../collector/expr/literal-map.ts";
import { parse } from "../../collector/expr/parse.ts";
import { Steps } from "../../collector/expr/steps.ts";
import * as types from "../../collector/expr/types.ts";
import { BoxedDouble, BoxedDuration, box, TypeValue, Uint, unbox } from "../../collector/expr/values.ts";
import { toInt64 } from "../../schemas/model/value.ts";

/** One case of the public CEL conformance data. */
export interface CelCase {
  /** `suite/section/name`; repeated names are numbered. */
  readonly id: string;
  readonly section: string;
  readonly test: IncrementalTest;
}

/** Every case of the suites, in order. */
export function casesOf(root: IncrementalTestSuite): CelCase[] {
  const seen = new Map<string, number>();
  return root.suites.flatMap((suite) =>
    suite.suites.flatMap((section) =>
      section.tests.map((test) => {
        const name = `${suite.name}/${section.name}/${test.name}`;
        const count = (seen.get(name) ?? 0) + 1;
        seen.set(name, count);
        return { id: count === 1 ? name : `${name}#${count}`, section: `${suite.name}/${section.name}`, test };
      }),
    ),
  );
}

/** Runs a case: undefined if it passes, else what is wrong. */
export function failureOf({ test }: CelCase): string | undefined {
  try {
    return run(test);
  } catch (error) {
    return error instanceof Unsupported ? error.message : `threw ${String(error)}`;
  }
}

/** A value or type that the hub's language does not have. */
class Unsupported extends Error {}

function run({ original }: IncrementalTest): string | undefined {
  const names = new Map<string, types.Type>();
  for (const { name, declKind } of original.typeEnv) {
    if (declKind.case !== "ident") throw new Unsupported("declares a function");
    names.set(name, toType(declKind.value.type));
  }
  const slots = [...names.keys()];
  const attribute = (name: string) => {
    const type = names.get(name);
    return type && { slot: slots.indexOf(name), type };
  };
  const compiled = compileIn(original.expr, { attribute, names: () => slots, functions: nativeFunctions }, { parse });
  const { case: kind, value: expected } = original.resultMatcher;
  const fails = kind === "evalError" || kind === "anyEvalErrors";
  if (!compiled.ok) return fails ? undefined : `does not compile: ${compiled.problems[0]?.message}`;
  const { expression } = compiled;
  if (kind === "typedResult" && expected.deducedType) {
    const deduced = types.typeName(toType(expected.deducedType));
    if (deduced !== expression.type) return `has type ${expression.type}, expected ${deduced}`;
  }
  if (original.checkOnly) return undefined;
  const values = slots.map((name) => {
    const bound = original.bindings[name]?.kind;
    return bound?.case === "value" ? unbox(toBoxed(bound.value)) : undefined;
  });
  const raw = expression.evaluate(values as never);
  if (raw instanceof EvalFailure) return fails ? undefined : `fails: ${raw.message}`;
  const result = box(raw, { kind: expression.type } as types.Type);
  if (fails) return `gives ${show(result)}, expected an error`;
  const wanted = kind === "value" ? expected : kind === "typedResult" ? expected.result : undefined;
  const boxed = kind === undefined ? true : toBoxed(wanted);
  return same(result, boxed) ? undefined : `gives ${show(result)}, expected ${show(boxed)}`;
}

/** Equal and of the same type; NaN equals itself here. */
function same(a: unknown, b: unknown): boolean {
  if (a instanceof BoxedDouble && b instanceof BoxedDouble)
    return a.value === b.value || Number.isNaN(a.value + b.value);
  if (a instanceof Uint !== b instanceof Uint || a instanceof BoxedDouble !== b instanceof BoxedDouble) return false;
  return equalBoxed(a, b, new Steps()) === true;
}

function show(value: unknown): string {
  return JSON.stringify(value, (_key, part) =>
    typeof part === "bigint" ? String(part) : part instanceof Map ? [...part] : part,
  );
}

const primitives: Readonly<Record<number, types.Type>> = {
  1: types.BOOL,
  2: types.INT64,
  3: types.UINT,
  4: types.DOUBLE,
  5: types.STRING,
  6: types.BYTES,
};

function toType(type: CelType | undefined): types.Type {
  const kind = type?.typeKind;
  if (kind?.case === "primitive") return primitives[kind.value] as types.Type;
  if (kind?.case === "dyn") return types.DYN;
  if (kind?.case === "null") return types.NULL;
  if (kind?.case === "type") return types.TYPE;
  if (kind?.case === "listType") return types.listOf(toType(kind.value.elemType));
  if (kind?.case === "mapType") return types.mapOf(toType(kind.value.keyType), toType(kind.value.valueType));
  if (kind?.case === "messageType" && kind.value === "google.protobuf.Duration") return types.DURATION;
  if (kind?.case === "wellKnown" && kind.value === 2) return types.TIMESTAMP;
  if (kind?.case === "wellKnown" && kind.value === 3) return types.DURATION;
  throw new Unsupported(`uses the type ${kind?.case} ${String(kind?.value)}`);
}

function toBoxed(value: CelValue | undefined): unknown {
  const kind = value?.kind;
  switch (kind?.case) {
    case "nullValue":
      return null;
    case "boolValue":
    case "stringValue":
    case "bytesValue":
      return kind.value;
    case "int64Value":
      return toInt64(kind.value);
    case "uint64Value":
      return new Uint(toInt64(kind.value));
    case "doubleValue":
      return new BoxedDouble(kind.value);
    case "typeValue":
      return new TypeValue(kind.value);
    case "listValue":
      return kind.value.values.map(toBoxed);
    case "mapValue": {
      const { entries } = kind.value;
      return literalMap(
        entries.map(({ key }) => toBoxed(key)),
        entries.map((entry) => toBoxed(entry.value)),
      );
    }
    case "objectValue":
      if (kind.value.typeUrl.endsWith("google.protobuf.Duration")) return durationOf(kind.value.value);
  }
  throw new Unsupported(`uses the value ${kind?.case}`);
}

/** google.protobuf.Duration: seconds = 1 (varint), nanos = 2 (varint). */
function durationOf(bytes: Uint8Array): BoxedDuration {
  let [seconds, nanos] = [0n, 0n];
  for (let at = 0; at < bytes.length; ) {
    const field = (bytes[at++] ?? 0) >> 3;
    let number = 0n;
    let shift = 0n;
    for (let more = true; more; shift += 7n) {
      const byte = bytes[at++] ?? 0;
      number |= BigInt(byte & 127) << shift;
      more = byte > 127;
    }
    if (field === 1) seconds = BigInt.asIntN(64, number);
    else nanos = BigInt.asIntN(64, number);
  }
  return new BoxedDuration(toInt64(seconds * 1_000_000_000n + nanos));
}

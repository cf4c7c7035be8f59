import type { JsonObject, MessageShape } from "@bufbuild/protobuf";
import {
  create,
  type DescField,
  type DescMessage,
  fromJson,
  type Message,
  ScalarType,
  toBinary,
} from "@bufbuild/protobuf";
import { WireType } from "@bufbuild/protobuf/wire";
import { AnySchema, StructSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";

/** Arbitrary messages of generated types: fields absent often, at their limits, of any text, with unknown ones between. */
export function arbitraryMessage<Desc extends DescMessage>(desc: Desc): fc.Arbitrary<MessageShape<Desc>> {
  const alone = desc.fields.filter((field) => field.oneof === undefined);
  const members: fc.Arbitrary<object>[] = alone.map((field) => sometimes(field));
  for (const oneof of desc.oneofs) {
    const cases = oneof.fields.map((field) =>
      arbitraryField(field).map((value) => ({ [oneof.localName]: { case: field.localName, value } })),
    );
    members.push(fc.oneof(fc.constant({}), ...cases));
  }
  return fc.tuple(fc.tuple(...members), arbitraryUnknown).map(([parts, unknown]) => {
    const message: Message = create(desc, Object.assign({}, ...parts));
    if (unknown !== undefined) message.$unknown = [unknown];
    return message as MessageShape<Desc>;
  });
}

const arbitraryUnknown = fc.option(
  fc.oneof(
    fc.record({
      no: fc.integer({ min: 100, max: 2 ** 29 - 1 }),
      wireType: fc.constant(WireType.LengthDelimited),
      data: fc.uint8Array({ maxLength: 9 }).map((bytes) => Uint8Array.of(bytes.length, ...bytes)),
    }),
    fc.constant({ no: 99, wireType: WireType.Varint, data: Uint8Array.of(0x80, 1) }),
    fc.constant({ no: 300, wireType: WireType.Bit32, data: Uint8Array.of(1, 2, 3, 4) }),
    fc.constant({ no: 301, wireType: WireType.Bit64, data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) }),
  ),
  { nil: undefined, freq: 1 },
);

function sometimes(field: DescField): fc.Arbitrary<object> {
  return fc
    .option(arbitraryField(field), { nil: undefined, freq: 3 })
    .map((value) => (value === undefined ? {} : { [field.localName]: value }));
}

function arbitraryField(field: DescField): fc.Arbitrary<unknown> {
  switch (field.fieldKind) {
    case "list":
      return fc.array(arbitrarySingle(field), { maxLength: 3 });
    case "map":
      return fc.dictionary(arbitraryKey, arbitrarySingle(field), { maxKeys: 4 });
    default:
      return arbitrarySingle(field);
  }
}

function arbitrarySingle(field: DescField): fc.Arbitrary<unknown> {
  if (field.message) return wellKnown(field.message) ?? arbitraryMessage(field.message);
  if (field.enum) return fc.oneof(fc.constantFrom(...field.enum.values.map(({ number }) => number)), fc.integer());
  if (field.name === "address") return fc.oneof(fc.ipV4(), fc.ipV6(), arbitraryText);
  return scalars[field.scalar as keyof typeof scalars];
}

/** Times in and out of their range. Wrapped numbers are plain numbers in generated code. */
function wellKnown(message: DescMessage): fc.Arbitrary<unknown> | undefined {
  const nanos = fc.oneof(fc.integer({ min: 0, max: 999_999_999 }), fc.integer());
  switch (message.typeName) {
    case "google.protobuf.Timestamp":
      return fc.record({ seconds: fc.bigInt({ min: -63_000_000_000n, max: 254_000_000_000n }), nanos });
    case "google.protobuf.Duration":
      return fc.record({ seconds: fc.oneof(fc.bigInt(-5n, 400n), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)), nanos });
    case "google.protobuf.UInt32Value":
      return fc.nat();
    case StructSchema.typeName:
      return arbitraryStruct;
    case AnySchema.typeName:
      return arbitraryAny;
  }
  return undefined;
}

/** Any characters, those beyond the basic plane and a byte order mark included. */
const arbitraryText = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.constant("\ufeffmark"),
  fc.string({ minLength: 120, maxLength: 140 }),
);

/** Generated code loses the key `__proto__`, which the unit tests of structs try. */
const arbitraryKey = arbitraryText.filter((text) => text !== "__proto__");

const scalars = {
  [ScalarType.STRING]: arbitraryText,
  [ScalarType.BOOL]: fc.boolean(),
  [ScalarType.DOUBLE]: fc.double({ noNaN: true }),
  [ScalarType.UINT32]: fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 2 ** 32 - 1 })),
  [ScalarType.UINT64]: fc.oneof(fc.bigInt(0n, 1000n), fc.bigInt(0n, 2n ** 54n), fc.bigInt(0n, 2n ** 64n - 1n)),
} as const;

const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(null, true, false),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    arbitraryText,
    fc.array(tie("json"), { maxLength: 3 }),
    fc.dictionary(arbitraryKey, tie("json"), { maxKeys: 4 }),
  ),
}));

/** Structs are plain JSON objects in generated code. Few keys, so that equal ones come up. */
const arbitraryStruct = fc.oneof(
  fc.dictionary(fc.constantFrom("name", "labels", ""), json, { maxKeys: 4 }),
  fc.dictionary(arbitraryKey, json, { maxKeys: 5 }),
) as fc.Arbitrary<JsonObject>;

const arbitraryAny = fc.oneof(
  fc
    .tuple(
      fc.constantFrom("google.protobuf.Struct", "type.googleapis.com/google.protobuf.Struct", "x/y.Struct"),
      arbitraryStruct,
    )
    .map(([typeUrl, struct]) =>
      create(AnySchema, { typeUrl, value: toBinary(StructSchema, fromJson(StructSchema, struct)) }),
    ),
  fc.record({ typeUrl: fc.webUrl(), value: fc.uint8Array({ maxLength: 20 }) }).map((any) => create(AnySchema, any)),
);

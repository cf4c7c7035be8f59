import { fromBinary } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  type FieldDescriptorProto,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";

/** One file as it was given. */
export interface IndexedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly imports: readonly string[];
}

/** Finds files by what is in them. */
export interface DescriptorIndex {
  byName(name: string): IndexedFile | undefined;
  /** By full name of anything declared in it, without a leading dot. */
  bySymbol(symbol: string): IndexedFile | undefined;
  byExtension(type: string, number: number): IndexedFile | undefined;
  /** Numbers of the known extensions of a message, sorted; undefined if the message is unknown. */
  extensionsOf(type: string): number[] | undefined;
  /** Everything a file imports, directly or not, each once. */
  importsOf(file: IndexedFile): IndexedFile[];
}

/** Reads serialized FileDescriptorProtos once, for every question after that. */
export function createDescriptorIndex(files: readonly Uint8Array[]): DescriptorIndex {
  const byName = new Map<string, IndexedFile>();
  const bySymbol = new Map<string, IndexedFile>();
  const extensions = new Map<string, Map<number, IndexedFile>>();
  for (const bytes of files) {
    const descriptor = fromBinary(FileDescriptorProtoSchema, bytes);
    const file = { name: descriptor.name, bytes, imports: descriptor.dependency };
    byName.set(file.name, file);
    for (const symbol of symbolsOf(descriptor)) bySymbol.set(symbol, file);
    for (const { extendee, number } of extensionsIn(descriptor)) {
      const type = extendee.replace(/^\./, "");
      extensions.set(type, (extensions.get(type) ?? new Map()).set(number, file));
    }
  }
  return {
    byName: (name) => byName.get(name),
    bySymbol: (symbol) => bySymbol.get(symbol),
    byExtension: (type, number) => extensions.get(type)?.get(number),
    extensionsOf(type) {
      if (!bySymbol.has(type)) return undefined;
      return [...(extensions.get(type)?.keys() ?? [])].sort((a, b) => a - b);
    },
    importsOf(file) {
      const found = new Set<IndexedFile>();
      const visit = (name: string) => {
        const imported = byName.get(name);
        if (imported === undefined || found.has(imported)) return;
        found.add(imported);
        imported.imports.forEach(visit);
      };
      file.imports.forEach(visit);
      found.delete(file);
      return [...found];
    },
  };
}

function* symbolsOf(file: FileDescriptorProto): Iterable<string> {
  const scope = file.package === "" ? "" : `${file.package}.`;
  for (const message of file.messageType) yield* symbolsOfMessage(scope, message);
  for (const type of file.enumType) yield* symbolsOfEnum(scope, type);
  for (const { name } of file.extension) yield scope + name;
  for (const service of file.service) {
    yield scope + service.name;
    for (const { name } of service.method) yield `${scope}${service.name}.${name}`;
  }
}

function* symbolsOfMessage(scope: string, message: DescriptorProto): Iterable<string> {
  const inner = `${scope}${message.name}.`;
  yield scope + message.name;
  for (const { name } of [...message.field, ...message.oneofDecl, ...message.extension]) yield inner + name;
  for (const nested of message.nestedType) yield* symbolsOfMessage(inner, nested);
  for (const type of message.enumType) yield* symbolsOfEnum(inner, type);
}

/** Values of an enum are declared beside it, not inside. */
function* symbolsOfEnum(scope: string, type: EnumDescriptorProto): Iterable<string> {
  yield scope + type.name;
  for (const { name } of type.value) yield scope + name;
}

function extensionsIn(file: FileDescriptorProto): FieldDescriptorProto[] {
  const nested = (message: DescriptorProto): FieldDescriptorProto[] => [
    ...message.extension,
    ...message.nestedType.flatMap(nested),
  ];
  return [...file.extension, ...file.messageType.flatMap(nested)];
}

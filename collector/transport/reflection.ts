import { create, type DescFile, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import {
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
} from "../../schemas/gen/grpc/reflection/v1/reflection_pb.js";
import { type GrpcMethods, grpcStatus } from "./grpc.ts";
import { bidirectional } from "./grpc-method.ts";
import { readMessage } from "./protobuf.ts";
import { createDescriptorIndex, type DescriptorIndex, type IndexedFile } from "./reflection-index.ts";

type Answer = MessageInitShape<typeof ServerReflectionResponseSchema>["messageResponse"];

/**
 * Server reflection v1, and v1alpha under the same messages, as grpcurl asks it. `files` are serialized
 * FileDescriptorProtos, `services` the full names that are listed.
 */
export function createReflection(files: readonly Uint8Array[], services: readonly string[]): GrpcMethods {
  const index = createDescriptorIndex(files);
  const method = bidirectional((_call, send) => {
    const told = new Set<string>(); // files this caller has already
    return {
      message(bytes) {
        const request = readMessage(ServerReflectionRequestSchema, bytes);
        const messageResponse = answer(request, index, services, told);
        const response = { validHost: request.host, originalRequest: request, messageResponse };
        return send(toBinary(ServerReflectionResponseSchema, create(ServerReflectionResponseSchema, response)));
      },
      end() {},
    };
  });
  return new Map(
    ["v1", "v1alpha"].map((version) => [`/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`, method]),
  );
}

/** The serialized descriptors of generated files and of everything they import, each once. */
export function descriptorsOf(files: readonly DescFile[]): Uint8Array[] {
  const found = new Map<string, DescFile>();
  const visit = (file: DescFile) => {
    if (found.has(file.name)) return;
    found.set(file.name, file);
    file.dependencies.forEach(visit);
  };
  files.forEach(visit);
  return [...found.values()].map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
}

function answer(
  { messageRequest: asked }: ServerReflectionRequest,
  index: DescriptorIndex,
  services: readonly string[],
  told: Set<string>,
): Answer {
  switch (asked.case) {
    case "listServices":
      return { case: "listServicesResponse", value: { service: [...services].sort().map((name) => ({ name })) } };
    case "fileByFilename":
      return filesFrom(index.byName(asked.value), `file "${asked.value}"`, index, told);
    case "fileContainingSymbol":
      return filesFrom(index.bySymbol(asked.value), `symbol "${asked.value}"`, index, told);
    case "fileContainingExtension": {
      const { containingType, extensionNumber } = asked.value;
      const file = index.byExtension(containingType, extensionNumber);
      return filesFrom(file, `extension ${extensionNumber} of "${containingType}"`, index, told);
    }
    case "allExtensionNumbersOfType": {
      const extensionNumber = index.extensionsOf(asked.value);
      if (extensionNumber === undefined) return failure(grpcStatus.NOT_FOUND, `unknown type "${asked.value}"`);
      return { case: "allExtensionNumbersResponse", value: { baseTypeName: asked.value, extensionNumber } };
    }
    default:
      return failure(grpcStatus.INVALID_ARGUMENT, "the request asks for nothing that is known here");
  }
}

/** A file and what it imports, without what the caller has already; the file itself always. */
function filesFrom(file: IndexedFile | undefined, what: string, index: DescriptorIndex, told: Set<string>): Answer {
  if (file === undefined) return failure(grpcStatus.NOT_FOUND, `unknown ${what}`);
  const wanted = [file, ...index.importsOf(file).filter(({ name }) => !told.has(name))];
  for (const { name } of wanted) told.add(name);
  return { case: "fileDescriptorResponse", value: { fileDescriptorProto: wanted.map(({ bytes }) => bytes) } };
}

function failure(errorCode: number, errorMessage: string): Answer {
  return { case: "errorResponse", value: { errorCode, errorMessage } };
}

import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { afterEach, expect, it } from "vitest";
import { file_envoy_service_accesslog_v3_als as als } from "../../schemas/gen/envoy/service/accesslog/v3/als_pb.js";
import {
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
} from "../../schemas/gen/grpc/reflection/v1/reflection_pb.js";
import { connectGrpc } from "../../test/support/grpc-client.ts";
import { startGrpc } from "../../test/support/grpc-server.ts";
import { createReflection, descriptorsOf } from "./reflection.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

type Question = MessageInitShape<typeof ServerReflectionRequestSchema>["messageRequest"];

/** Asks all questions on one stream. */
async function ask(questions: Question[], version = "v1", files = descriptorsOf([als])) {
  const { address, server } = await startGrpc(createReflection(files, ["z.Last", "a.First"]));
  const client = await connectGrpc(address);
  open.push(server, client);
  const call = client.call(`/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`);
  for (const messageRequest of questions) {
    const request = create(ServerReflectionRequestSchema, { host: "h", messageRequest });
    call.send(toBinary(ServerReflectionRequestSchema, request));
  }
  call.end();
  const { messages, status } = await call.outcome;
  expect(status).toBe(0);
  return messages.map((message) => fromBinary(ServerReflectionResponseSchema, message));
}

function filesIn({ messageResponse }: ServerReflectionResponse): string[] {
  if (messageResponse.case !== "fileDescriptorResponse") return [];
  return messageResponse.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name);
}

it.each(["v1", "v1alpha"])("lists services under %s", async (version) => {
  const [answer] = await ask([{ case: "listServices", value: "" }], version);
  expect(answer).toMatchObject({
    validHost: "h",
    originalRequest: { messageRequest: { case: "listServices" } },
    messageResponse: { case: "listServicesResponse", value: { service: [{ name: "a.First" }, { name: "z.Last" }] } },
  });
});

it("gives the file of a symbol with its imports, and on the same stream not twice", async () => {
  const entry = "envoy.data.accesslog.v3.HTTPAccessLogEntry";
  const [service, method, field] = await ask([
    { case: "fileContainingSymbol", value: "envoy.service.accesslog.v3.AccessLogService" },
    { case: "fileContainingSymbol", value: "envoy.service.accesslog.v3.AccessLogService.StreamAccessLogs" },
    { case: "fileContainingSymbol", value: `${entry}.request` },
  ]);
  const first = filesIn(service!);
  expect(first[0]).toBe("envoy/service/accesslog/v3/als.proto");
  expect(first).toContain("envoy/data/accesslog/v3/accesslog.proto");
  expect(new Set(first).size).toBe(first.length);
  expect(filesIn(method!)).toEqual([first[0]]);
  expect(filesIn(field!)).toEqual(["envoy/data/accesslog/v3/accesslog.proto"]);
});

it("gives files by name", async () => {
  const [answer] = await ask([{ case: "fileByFilename", value: "envoy/service/accesslog/v3/als.proto" }]);
  expect(filesIn(answer!)).toContain("envoy/service/accesslog/v3/als.proto");
});

it("knows extensions", async () => {
  const file = create(FileDescriptorProtoSchema, {
    name: "x.proto",
    package: "x",
    messageType: [{ name: "Base", extensionRange: [{ start: 100, end: 200 }], nestedType: [{ name: "Inner" }] }],
    extension: [
      { name: "two", number: 102, extendee: ".x.Base" },
      { name: "one", number: 101, extendee: ".x.Base" },
    ],
  });
  const answers = await ask(
    [
      { case: "allExtensionNumbersOfType", value: "x.Base" },
      { case: "allExtensionNumbersOfType", value: "x.Base.Inner" },
      { case: "fileContainingExtension", value: { containingType: "x.Base", extensionNumber: 102 } },
    ],
    "v1",
    [toBinary(FileDescriptorProtoSchema, file)],
  );
  expect(answers[0]).toMatchObject({
    messageResponse: { value: { baseTypeName: "x.Base", extensionNumber: [101, 102] } },
  });
  expect(answers[1]).toMatchObject({ messageResponse: { value: { extensionNumber: [] } } });
  expect(filesIn(answers[2]!)).toEqual(["x.proto"]);
});

it("says what it does not know, and goes on", async () => {
  const answers = await ask([
    { case: "fileContainingSymbol", value: "no.Such" },
    { case: "fileByFilename", value: "no.proto" },
    { case: "allExtensionNumbersOfType", value: "no.Type" },
    { case: "fileContainingExtension", value: { containingType: "no.Type", extensionNumber: 1 } },
    { case: undefined },
    { case: "listServices", value: "*" },
  ]);
  const codes = answers.map(({ messageResponse: told }) => (told.case === "errorResponse" ? told.value.errorCode : 0));
  expect(codes).toEqual([5, 5, 5, 5, 3, 0]);
  expect(answers[0]).toMatchObject({ messageResponse: { value: { errorMessage: 'unknown symbol "no.Such"' } } });
});

export { ByteWriter, wire } from "../../../schemas/model/byte-writer.ts";

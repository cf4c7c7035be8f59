import type { AttributeName } from "../../../schemas/attributes/vocabulary.ts";
import { type PeerField, peerFieldNumber, peerFields } from "../peer.ts";
import type { Read, Readers } from "./reader.ts";

/** Attributes of both sides: the reporter's own is the source of what goes out, the destination of what comes in. */
export const peerReaders: Readers = createPeerReaders();

function createPeerReaders(): Readers {
  const readers: { [Name in AttributeName]?: Read } = { "source.user": readSource("principal") };
  for (const field of peerFields) {
    readers[`source.${field}`] = readSource(field);
    readers[`destination.${field}`] = readDestination(field);
  }
  return readers;
}

function readSource(field: PeerField): Read {
  const number = peerFieldNumber(field);
  return (scene) => (scene.inbound ? scene.other(number) : scene.own(number));
}

function readDestination(field: PeerField): Read {
  const number = peerFieldNumber(field);
  return (scene) => (scene.inbound ? scene.own(number) : scene.other(number));
}

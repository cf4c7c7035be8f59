import type { CertificateProperties, TlsProperties } from "../../../schemas/model/access-log.ts";
import { decodeText, ProtoReader } from "../reader.ts";
import { readUint32Value } from "../well-known.ts";

const versions: readonly (string | undefined)[] = [undefined, "1.0", "1.1", "1.2", "1.3"];

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * TLSProperties: version = 1, cipher suite (wrapped) = 2, SNI = 3, local certificate = 4, peer certificate = 5,
 * session id = 6, JA3 = 7.
 */
export function parseTls(bytes: Buffer, start: number, end: number): TlsProperties {
  const reader = new ProtoReader().reset(bytes, start, end);
  const tls: Mutable<TlsProperties> = {
    version: undefined,
    cipherSuite: undefined,
    sni: undefined,
    localCertificate: undefined,
    peerCertificate: undefined,
    sessionId: undefined,
    ja3: undefined,
  };
  while (reader.more) {
    const tag = reader.tag();
    const field = tag >>> 3;
    if (field === 1) tls.version = versions[reader.varint()];
    else if (field === 2) tls.cipherSuite = readCipherSuite(reader);
    else if (field === 3) tls.sni = readText(reader, bytes);
    else if (field === 4) tls.localCertificate = readCertificate(reader, bytes);
    else if (field === 5) tls.peerCertificate = readCertificate(reader, bytes);
    else if (field === 6) tls.sessionId = readText(reader, bytes);
    else if (field === 7) tls.ja3 = readText(reader, bytes);
    else reader.skip(tag & 7);
  }
  return tls;
}

function readCipherSuite(reader: ProtoReader): number {
  const outer = reader.enter();
  const value = readUint32Value(reader);
  reader.leave(outer);
  return value;
}

/** CertificateProperties: repeated SubjectAltName = 1, subject = 2, issuer = 3. */
function readCertificate(reader: ProtoReader, bytes: Buffer): CertificateProperties {
  const outer = reader.enter();
  const empty = !reader.more;
  const uriSans: string[] = [];
  const dnsSans: string[] = [];
  let subject: string | undefined;
  let issuer: string | undefined;
  while (reader.more) {
    const tag = reader.tag();
    const field = tag >>> 3;
    if (field === 1) readSan(reader, bytes, uriSans, dnsSans);
    else if (field === 2) subject = readText(reader, bytes);
    else if (field === 3) issuer = readText(reader, bytes);
    else reader.skip(tag & 7);
  }
  reader.leave(outer);
  return { uriSans, dnsSans, subject, issuer, empty };
}

/** SubjectAltName: oneof uri = 1, dns = 2; the last of a oneof counts. */
function readSan(reader: ProtoReader, bytes: Buffer, uriSans: string[], dnsSans: string[]): void {
  const outer = reader.enter();
  let list: string[] | undefined;
  let text: string | undefined;
  while (reader.more) {
    const tag = reader.tag();
    const field = tag >>> 3;
    if (field === 1 || field === 2) {
      list = field === 1 ? uriSans : dnsSans;
      text = readText(reader, bytes);
    } else reader.skip(tag & 7);
  }
  reader.leave(outer);
  if (text !== undefined) list?.push(text);
}

function readText(reader: ProtoReader, bytes: Buffer): string | undefined {
  const length = reader.length();
  reader.pos += length;
  return length === 0 ? undefined : decodeText(bytes, reader.pos - length, reader.pos);
}

// Reads the central directory of a zip archive, so that its sizes are known before anything is unpacked.
import { DocumentError } from './document.ts';

const END_SIGNATURE = 0x06054b50;
const ENTRY_SIGNATURE = 0x02014b50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
/** The end record is followed by a comment of at most 65,535 bytes. */
const END_WITHIN_BYTES = END_BYTES + 65_535;
/** A zip64 archive has its real sizes elsewhere, and in their place this. No Word document needs one. */
const ZIP64 = 0xffffffff;

export interface ZipEntry {
  name: string;
  isEncrypted: boolean;
  packedBytes: number;
  unpackedBytes: number;
}

/** @throws DocumentError `document_damaged` */
export function readZipEntries(bytes: Uint8Array): ZipEntry[] {
  const zip = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(zip);
  const count = zip.readUInt16LE(end + 10);
  let at = zip.readUInt32LE(end + 16);
  const entries: ZipEntry[] = [];
  for (let i = 0; i < count; i++) {
    if (at + ENTRY_BYTES > end || zip.readUInt32LE(at) !== ENTRY_SIGNATURE) throw damaged();
    const nameBytes = zip.readUInt16LE(at + 28);
    const unpackedBytes = zip.readUInt32LE(at + 24);
    if (unpackedBytes === ZIP64) throw damaged();
    entries.push({
      name: zip.toString('utf8', at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes),
      isEncrypted: (zip.readUInt16LE(at + 8) & 1) === 1,
      packedBytes: zip.readUInt32LE(at + 20),
      unpackedBytes,
    });
    at += ENTRY_BYTES + nameBytes + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return entries;
}

export function hasZipEntry(entries: readonly ZipEntry[], name: string): boolean {
  return entries.some((entry) => entry.name === name);
}

function findEnd(zip: Buffer): number {
  const lowest = Math.max(0, zip.length - END_WITHIN_BYTES);
  for (let at = zip.length - END_BYTES; at >= lowest; at--)
    if (zip.readUInt32LE(at) === END_SIGNATURE) return at;
  throw damaged();
}

function damaged(): DocumentError {
  return new DocumentError(
    'document_damaged',
    'the archive of the document cannot be read: it is cut off or damaged',
  );
}

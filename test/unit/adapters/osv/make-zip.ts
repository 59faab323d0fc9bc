import { crc32, deflateRawSync } from 'node:zlib';

interface ZipEntry {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** What the archive claims, where it lies. */
  readonly claimedSize?: number;
  readonly claimedChecksum?: number;
}

function header(signature: number, entry: ZipEntry, packed: Uint8Array, central: number | undefined): Buffer {
  const name = Buffer.from(entry.name);
  const fields = Buffer.alloc(central === undefined ? 30 : 46);
  fields.writeUInt32LE(signature, 0);
  const at = central === undefined ? 4 : 6;
  fields.writeUInt16LE(20, at);
  fields.writeUInt16LE(8, at + 4);
  fields.writeUInt32LE(entry.claimedChecksum ?? crc32(entry.bytes), at + 10);
  fields.writeUInt32LE(packed.length, at + 14);
  fields.writeUInt32LE(entry.claimedSize ?? entry.bytes.length, at + 18);
  fields.writeUInt16LE(name.length, at + 22);
  if (central !== undefined) fields.writeUInt32LE(central, 42);
  return Buffer.concat([fields, name]);
}

/** A zip archive (APPNOTE 6.3) of deflated entries; entries can be made to lie about themselves. */
export function makeZip(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const packed = deflateRawSync(entry.bytes);
    directory.push(header(0x02014b50, entry, packed, offset));
    const local = Buffer.concat([header(0x04034b50, entry, packed, undefined), packed]);
    locals.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, central, end]);
}

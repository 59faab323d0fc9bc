/** The wire format of SSH (RFC 4251, 5): fields one after the other. */
export interface SshFields {
  /** `string`: four bytes of length, big endian, and so many bytes. */
  bytes(): Buffer;
  /** A `string` that is ASCII. */
  text(): string;
  /** `mpint` of a number that is not negative, without leading zeros. */
  unsigned(): Buffer;
  uint32(): number;
  byte(): number;
  /** Everything that was not read. */
  rest(): Buffer;
}

/** Every read throws a RangeError where the bytes end before it, or are not of its kind. */
export function readSshFields(source: Uint8Array): SshFields {
  const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  let offset = 0;
  const take = (length: number): Buffer => {
    if (length > bytes.length - offset) throw new RangeError(`ends at byte ${bytes.length}, in the middle of a field`);
    offset += length;
    return bytes.subarray(offset - length, offset);
  };
  const fields: SshFields = {
    bytes: () => take(take(4).readUInt32BE()),
    text() {
      const found = fields.bytes();
      if (!/^[\x20-\x7e]*$/.test(found.toString('latin1'))) throw new RangeError('a name is not ASCII');
      return found.toString('latin1');
    },
    unsigned() {
      const found = fields.bytes();
      if (found.length > 0 && ((found[0] ?? 0) & 0x80) !== 0) throw new RangeError('a number is negative');
      return found[0] === 0 ? found.subarray(1) : found;
    },
    uint32: () => take(4).readUInt32BE(),
    byte: () => take(1).readUInt8(),
    rest: () => take(bytes.length - offset),
  };
  return fields;
}

/** The fields as `string`s, one after the other. */
export function writeSshStrings(...fields: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    fields.flatMap((field) => {
      const bytes = Buffer.from(field as Uint8Array);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

/** What hostile archives are put together from. */
import { deflateRawSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { zipOf } from './zip-of.ts';

export type Entry = Partial<Header> & { name: string; content?: string | Uint8Array };

export const good: Entry = {
  name: 'app/node_modules/left/package.json',
  content: '{"name": "left", "version": "1.3.0"}',
};
export const END = Buffer.alloc(1024);
export const MEBIBYTE = 1024 * 1024;

export async function tarOf(...entries: Entry[]): Promise<Buffer> {
  const tar = pack();
  for (const { content = '', ...header } of entries)
    tar.entry({ mtime: new Date(0), ...header }, Buffer.from(content as Uint8Array));
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** A header by hand, to say what no packer would. */
export function header(name: string, size: string, type = '0'): Buffer {
  const block = Buffer.alloc(512);
  block.write(name);
  block.write('0000755\0', 100);
  block.write(size, 124, 'latin1');
  block.write(`        ${type}`, 148);
  block.write('ustar\0', 257);
  block.write(
    `${block
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  return block;
}

/** A jar in a jar in a jar, with something to find in the innermost. */
export function nestedJars(depth: number): Buffer {
  let jar = zipOf({ 'META-INF/MANIFEST.MF': 'Implementation-Title: deep\nImplementation-Version: 1\n' });
  for (let level = 0; level < depth; level += 1) jar = zipOf({ 'inner.jar': jar });
  return jar;
}

/** Two entries of the directory that point at the same bytes. */
export function overlappingZip(): Buffer {
  const zip = zipOf({ 'META-INF/MANIFEST.MF': 'A: b\n', 'META-INF/maven/a/b/pom.properties': 'groupId=a\n' });
  const second = zip.lastIndexOf(Buffer.from('PK\u0001\u0002'));
  zip.writeUInt32LE(0, second + 42);
  return zip;
}

/** Says that its one entry unpacks to less than it does. */
export function lyingZip(name = 'META-INF/MANIFEST.MF'): Buffer {
  const packed = deflateRawSync(Buffer.alloc(10 * MEBIBYTE));
  const zip = zipOf({ [name]: packed });
  const directory = zip.lastIndexOf(Buffer.from('PK\u0001\u0002'));
  zip.writeUInt16LE(8, directory + 10);
  return zip;
}

/** An ELF whose section headers and program headers lie behind its end, or everywhere. */
export function lyingElf(offset: bigint, count: number): Buffer {
  const elf = Buffer.alloc(4096, 'go1.22 Go buildinf: .dep-v0 ');
  Buffer.from('7f454c46020101000000000000000000', 'hex').copy(elf);
  elf.writeUInt16LE(2, 16);
  elf.writeUInt16LE(62, 18);
  elf.writeBigUInt64LE(offset, 32);
  elf.writeBigUInt64LE(offset, 40);
  for (const at of [54, 56, 58, 60, 62]) elf.writeUInt16LE(count, at);
  elf.write('\xff Go buildinf:\x08\x02', 1024, 'latin1');
  elf.fill(0xff, 1056, 1090);
  return elf;
}

import { gzipSync, zstdCompressSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { expect, test } from 'vitest';
import { defaultLimits } from '../../../../adapters/archive/archive-limits.ts';
import { readLayerFiles } from '../../../../adapters/builder/read-layer-files.ts';
import { parseDigest } from '../../../../domain/artifact/digest.ts';

type Header = Parameters<ReturnType<typeof pack>['entry']>[0];

async function tar(entries: readonly (readonly [Header, string?])[]): Promise<Buffer> {
  const packer = pack();
  for (const [header, content] of entries) packer.entry(header, content ?? '');
  packer.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of packer as unknown as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* inChunks(bytes: Uint8Array, size = 1000) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const layer = parseDigest(`sha256:${'a'.repeat(64)}`);
const signal = new AbortController().signal;
const read = (bytes: Uint8Array, more: { compression?: 'gzip' | 'zstd' | 'none'; maxEntries?: number } = {}) =>
  readLayerFiles(layer, inChunks(bytes), {
    compression: more.compression ?? 'none',
    limits: { ...defaultLimits, maxEntries: more.maxEntries ?? 1000 },
    signal,
  });

test.each([
  ['gzip', gzipSync],
  ['zstd', zstdCompressSync],
  ['none', (bytes: Buffer) => bytes],
] as const)('entries, whiteouts and opaque folders of a layer (%s)', async (compression, compress) => {
  const bytes = await tar([
    [{ name: './usr/', type: 'directory', mode: 0o755 }],
    [{ name: './usr/su', mode: 0o4755, uid: 0, gid: 42 }, 'abc'],
    [{ name: 'usr/ln', type: 'symlink', linkname: '../x' }],
    [{ name: 'usr/hard', type: 'link', linkname: 'usr/su' }],
    [{ name: 'dev/null', type: 'character-device', devmajor: 1, devminor: 3 }],
    [{ name: 'etc/.wh.shadow' }],
    [{ name: 'var/.wh..wh..opq' }],
  ]);
  const found = await read(compress(bytes), { compression });
  expect([...found.entries.keys()]).toEqual(['usr', 'usr/su', 'usr/ln', 'usr/hard', 'dev/null']);
  expect(found.entries.get('usr/su')).toEqual({
    ...{ type: 'file', mode: 0o4755, owner: '0:42', size: 3 },
    // echo -n abc | sha256sum
    sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  });
  expect(found.entries.get('usr/ln')).toMatchObject({ type: 'symlink', link: '../x' });
  expect(found.entries.get('usr/hard')).toMatchObject({ type: 'hardlink', link: 'usr/su' });
  expect(found.entries.get('dev/null')).toMatchObject({ type: 'device' });
  expect(found).toMatchObject({ layer, whiteouts: ['etc/shadow'], opaque: ['var'] });
});

const some = await tar(Array.from({ length: 50 }, (_, at) => [{ name: `f${at}` }, String(at).repeat(3000)] as const));
test.each([
  ['gzip cut short', () => read(gzipSync(some).subarray(0, 200), { compression: 'gzip' }), 'ARCHIVE_TRUNCATED'],
  ['no gzip', () => read(some, { compression: 'gzip' }), 'ARCHIVE_CORRUPT'],
  ['tar cut inside a file', () => read(some.subarray(0, 2000)), 'ARCHIVE_TRUNCATED'],
  ['no tar', () => read(Buffer.alloc(4096, 'x')), 'ARCHIVE_CORRUPT'],
  ['too many entries', () => read(some, { maxEntries: 10 }), 'ARCHIVE_TOO_MANY_ENTRIES'],
  ['a path that climbs', async () => read(await tar([[{ name: '../../etc/passwd' }, 'x']])), 'ARCHIVE_HOSTILE_PATH'],
])('%s is an error, not an empty layer', async (_, reading, code) => {
  await expect(reading()).rejects.toMatchObject({ code });
});

import { createWriteStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openImageArchive } from '../../../../adapters/oci/image-archive.ts';
import { layoutTag } from '../../../../adapters/oci/layout.ts';
import { digestHex } from '../../../../domain/artifact/digest.ts';
import { buildImage, digestOf, type TestImage } from '../../../images.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'archive '));
  file = path.join(folder, 'image.tar');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const signal = new AbortController().signal;
type TarEntry = readonly [Partial<Header> & { name: string }, (string | Uint8Array)?];

async function writeTar(entries: readonly TarEntry[]): Promise<void> {
  const tar = pack();
  for (const [header, content] of entries)
    if (content === undefined) tar.entry(header);
    else tar.entry(header, Buffer.from(content as Uint8Array));
  tar.finalize();
  await pipeline(tar, createWriteStream(file));
}

const shop = await buildImage({ layers: [{ files: { a: 'shop' }, compression: 'none' }, { files: { b: 'more' } }] });
const ociEntries = ({ top, blobs }: TestImage): TarEntry[] => [
  [{ name: 'oci-layout' }, '{"imageLayoutVersion":"1.0.0"}'],
  [{ name: './index.json' }, JSON.stringify({ schemaVersion: 2, manifests: [top] })],
  ...[...blobs].map(([digest, bytes]): TarEntry => [{ name: `blobs/sha256/${digestHex(digest)}` }, bytes]),
];

it.each(['plain', 'compressed'])('an OCI archive, %s, is read like its layout', async (form) => {
  await writeTar(ociEntries(shop));
  if (form === 'compressed') await writeFile(file, gzipSync(await readFile(file)));
  await using archive = await openImageArchive(file, { signal });
  expect(archive?.roots.map(({ digest }) => digest)).toEqual([shop.top.digest]);
  const stored = await archive?.getManifest('', shop.top.digest);
  if (stored?.content.kind !== 'manifest') throw new Error('no manifest');
  for (const layer of stored.content.manifest.layers)
    expect(Buffer.from((await archive?.getBlobBytes('', layer, layer.size)) ?? [])).toEqual(
      Buffer.from(shop.blobs.get(layer.digest) ?? ''),
    );
});

it('what docker save writes is read as images, links between layers included', async () => {
  const layer = new TextEncoder().encode('the tar of a layer');
  const zipped = gzipSync(layer);
  const config = '{"rootfs":{"type":"layers","diff_ids":[]}}';
  await writeTar([
    [{ name: 'abc.json' }, config],
    [{ name: 'one/layer.tar' }, layer],
    [{ name: 'two/layer.tar', type: 'symlink', linkname: '../one/layer.tar' }],
    [{ name: 'three/layer.tar' }, zipped],
    [
      { name: 'manifest.json' },
      JSON.stringify([
        {
          Config: 'abc.json',
          RepoTags: ['shop:1.0'],
          Layers: ['one/layer.tar', 'two/layer.tar', 'three/layer.tar'],
        },
      ]),
    ],
  ]);
  await using archive = await openImageArchive(file, { signal });
  const root = archive?.roots[0];
  expect(root && layoutTag(root)).toBe('shop:1.0');
  const stored = await archive?.getManifest('', root?.digest ?? '');
  expect(stored?.content).toMatchObject({
    manifest: {
      config: { mediaType: 'application/vnd.docker.container.image.v1+json', digest: digestOf(Buffer.from(config)) },
      layers: [
        { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: digestOf(layer) },
        { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: digestOf(layer) },
        { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: digestOf(zipped) },
      ],
    },
  });
  const blob = { digest: digestOf(layer), size: layer.byteLength };
  expect(Buffer.from((await archive?.getBlobBytes('', blob, 100)) ?? []).equals(layer)).toBe(true);
});

it.each<[string, TarEntry[]]>([
  ['of files', [[{ name: 'etc/motd' }, 'hello']]],
  ['of files that climb out', [[{ name: '../evil' }, 'x']]],
  ['with a manifest.json of something else', [[{ name: 'manifest.json' }, '{"name":"an extension"}']]],
])('an archive %s holds no image', async (_name, entries) => {
  await writeTar(entries);
  expect(await openImageArchive(file, { signal })).toBeUndefined();
});

describe('what is broken or hostile is refused, and leaves nothing behind', () => {
  const unpackedFolders = async () =>
    (await readdir(tmpdir())).filter((name) => name.startsWith('pratique-archive-')).length;
  const saved = (layers: string[]): TarEntry[] => [
    [{ name: 'a.json' }, '{}'],
    [{ name: 'manifest.json' }, JSON.stringify([{ Config: 'a.json', Layers: layers }])],
  ];
  it.each<[string, TarEntry[], string]>([
    [
      'a blob that climbs out',
      [
        [{ name: 'oci-layout' }, '{}'],
        [{ name: 'blobs/../..' }, 'x'],
      ],
      'ARCHIVE_HOSTILE_PATH',
    ],
    ['a layer that is missing', saved(['gone/layer.tar']), 'REGISTRY_NOT_FOUND'],
    [
      'a layer that is a link to the machine',
      [...saved(['l.tar']), [{ name: 'l.tar', type: 'symlink', linkname: '/etc/passwd' }]],
      'REGISTRY_NOT_FOUND',
    ],
    ['a layout of another version', [[{ name: 'oci-layout' }, '{}']], 'REGISTRY_BAD_MANIFEST'],
  ])('%s', async (_name, entries, code) => {
    await writeTar(entries);
    const before = await unpackedFolders();
    await expect(openImageArchive(file, { signal })).rejects.toMatchObject({ code });
    expect(await unpackedFolders()).toBe(before);
  });

  it('an archive that ends in the middle', async () => {
    await writeTar(ociEntries(shop));
    await truncate(file, 1500);
    await expect(openImageArchive(file, { signal })).rejects.toMatchObject({ code: 'ARCHIVE_TRUNCATED' });
  });
});

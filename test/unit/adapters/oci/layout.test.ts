import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { layoutTag, openLayout } from '../../../../adapters/oci/layout.ts';
import { parseManifest } from '../../../../adapters/oci/parse-manifest.ts';
import { digestHex } from '../../../../domain/artifact/digest.ts';
import { buildImage, buildIndex, manifestBytes, type TestImage, writeTestLayout } from '../../../images.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'layout '));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const shop = await buildImage({ layers: [{ files: { 'etc/motd': 'hello' } }] });
const blobFile = (digest: TestImage['top']['digest']) => path.join(folder, 'blobs', 'sha256', digestHex(digest));
const { content } = parseManifest(manifestBytes(shop), undefined, shop.top.digest, 'shop');
if (content.kind !== 'manifest' || content.manifest.layers[0] === undefined) throw new Error('no image');
const [layer] = content.manifest.layers;

it('an image is read by tag and by digest, and its blobs with it', async () => {
  await writeTestLayout(folder, shop, '1.0');
  const layout = await openLayout(folder);
  expect(layout.roots.map((root) => [root.digest, layoutTag(root)])).toEqual([[shop.top.digest, '1.0']]);
  expect((await layout.resolve('any', '1.0'))?.digest).toBe(shop.top.digest);
  expect(await layout.resolve('any', '2.0')).toBeUndefined();
  expect(await layout.resolve('any', `sha256:${'0'.repeat(64)}`)).toBeUndefined();
  expect((await layout.getManifest('any', shop.top.digest))?.bytes).toEqual(Buffer.from(manifestBytes(shop)));
  expect(await layout.getBlobBytes('any', layer, layer.size)).toEqual(Buffer.from(shop.blobs.get(layer.digest) ?? ''));
});

it('the images of an index are read by their digests', async () => {
  const arm = await buildImage({ layers: [{ files: { a: 'arm' } }], platform: { os: 'linux', architecture: 'arm64' } });
  await writeTestLayout(folder, buildIndex([shop, arm]));
  const layout = await openLayout(folder);
  expect((await layout.getManifest('', layout.roots[0]?.digest ?? ''))?.content.kind).toBe('index');
  expect((await layout.getManifest('', arm.top.digest))?.content.kind).toBe('manifest');
});

describe('what is not as specified is refused, and named', () => {
  const rows: [string, string, RegExp, () => Promise<void>][] = [
    ['no marker', 'REGISTRY_BAD_MANIFEST', /no oci-layout/, () => rm(path.join(folder, 'oci-layout'))],
    [
      'another version',
      'REGISTRY_BAD_MANIFEST',
      /imageLayoutVersion/,
      () => writeFile(path.join(folder, 'oci-layout'), '{"imageLayoutVersion":"2.0.0"}'),
    ],
    ['no index', 'REGISTRY_BAD_MANIFEST', /no index\.json/, () => rm(path.join(folder, 'index.json'))],
    [
      'an index that is no JSON',
      'REGISTRY_BAD_MANIFEST',
      /no JSON/,
      () => writeFile(path.join(folder, 'index.json'), 'x'),
    ],
    [
      'an index that climbs out by its digest',
      'REGISTRY_BAD_MANIFEST',
      /manifests\.0\.digest/,
      () =>
        writeFile(
          path.join(folder, 'index.json'),
          JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType: 'a', digest: 'sha256:../../x', size: 1 }] }),
        ),
    ],
    [
      'an index too large to read',
      'REGISTRY_TOO_LARGE',
      /index\.json/,
      () => writeFile(path.join(folder, 'index.json'), ' '.repeat(4 * 1024 * 1024 + 1)),
    ],
    [
      'a manifest of other bytes',
      'REGISTRY_DIGEST_MISMATCH',
      /other bytes/,
      () => writeFile(blobFile(shop.top.digest), '{}'),
    ],
    ['a layer that is missing', 'REGISTRY_NOT_FOUND', /it has no sha256:/, () => rm(blobFile(layer.digest))],
    [
      'a layer cut short',
      'REGISTRY_TRUNCATED',
      /ended after 3 of/,
      () => writeFile(blobFile(layer.digest), Buffer.from([1, 2, 3])),
    ],
    [
      'a layer of other bytes',
      'REGISTRY_DIGEST_MISMATCH',
      /other bytes/,
      () => writeFile(blobFile(layer.digest), Buffer.alloc(layer.size)),
    ],
    [
      'a layer that is a link',
      'REGISTRY_REFUSED',
      /a link/,
      async () => {
        await rename(blobFile(layer.digest), path.join(folder, 'elsewhere'));
        await symlink(path.join(folder, 'elsewhere'), blobFile(layer.digest));
      },
    ],
    [
      'blobs behind a link',
      'REGISTRY_REFUSED',
      /a link/,
      async () => {
        await rename(path.join(folder, 'blobs'), path.join(folder, 'moved'));
        await symlink(path.join(folder, 'moved'), path.join(folder, 'blobs'));
      },
    ],
    [
      'a layer that is a folder',
      'REGISTRY_REFUSED',
      /regular file/,
      async () => {
        await rm(blobFile(layer.digest));
        await mkdir(blobFile(layer.digest));
      },
    ],
  ];
  it.each(rows)('%s', async (_name, code, message, spoil) => {
    await writeTestLayout(folder, shop);
    await spoil();
    const read = async () => {
      const layout = await openLayout(folder);
      await layout.getManifest('', shop.top.digest);
      await layout.getBlobBytes('', layer, layer.size);
    };
    await expect(read()).rejects.toMatchObject({
      name: 'RegistryError',
      code,
      message: expect.stringMatching(message) as unknown,
    });
  });
});

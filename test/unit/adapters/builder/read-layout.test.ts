import { execFile } from 'node:child_process';
import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readLayout } from '../../../../adapters/builder/read-layout.ts';
import { createFolder, readImage, runOciImage } from './run-oci-image.ts';

let root: string;
let layout: string;

beforeEach(async () => {
  root = await createFolder();
  layout = path.join(root, 'source', 'out');
  await mkdir(path.join(root, 'source', 'app'), { recursive: true });
  await writeFile(path.join(root, 'source', 'app', 'main.js'), 'main');
  await runOciImage(path.join(root, 'source'), ['--output', 'out', '--layer', 'app:/app']);
});
afterEach(() => rm(root, { recursive: true, force: true }));

const read = () => readLayout(layout, path.join(root, 'source'));
const at = (name: string) => path.join(layout, name);
const blobOf = async (part: 'top' | 'config' | 'layer') => {
  const { top, manifest } = await readImage(layout);
  const descriptor = part === 'top' ? top : part === 'config' ? manifest.config : manifest.layers[0]!;
  return at(`blobs/sha256/${descriptor.digest.slice(7)}`);
};
async function editIndex(edit: (index: { manifests: Record<string, unknown>[] }) => void) {
  const index = JSON.parse(await readFile(at('index.json'), 'utf8')) as { manifests: Record<string, unknown>[] };
  edit(index);
  await writeFile(at('index.json'), JSON.stringify(index));
}

test('a good layout gives its top descriptor', async () => {
  expect(await read()).toEqual((await readImage(layout)).top);
});

test.each<[string, () => Promise<unknown>, RegExp]>([
  ['no layout', () => rm(layout, { recursive: true }), /no such folder/],
  ['no marker', () => rm(at('oci-layout')), /there is no oci-layout/],
  ['another version', () => writeFile(at('oci-layout'), '{"imageLayoutVersion":"2.0.0"}'), /oci-layout does not say/],
  ['no JSON', () => writeFile(at('index.json'), '{'), /index\.json is no JSON/],
  ['an index that is none', () => writeFile(at('index.json'), '[]'), /index\.json: /],
  ['no manifest', () => editIndex((index) => index.manifests.splice(0)), /exactly one manifest or index, not 0/],
  [
    'two manifests',
    () => editIndex((index) => index.manifests.push({ ...index.manifests[0] })),
    /exactly one .* not 2/,
  ],
  [
    'a digest that climbs',
    () =>
      editIndex((index) => {
        index.manifests[0]!.digest = 'sha256:../../../etc/passwd';
      }),
    /manifests\.0\.digest/,
  ],
  [
    'no image at the top',
    () =>
      editIndex((index) => {
        index.manifests[0]!.mediaType = 'text/plain';
      }),
    /no manifest or index/,
  ],
  ['a missing blob', async () => rm(await blobOf('layer')), /layers\.0: output: it has no sha256:/],
  ['a short blob', async () => writeFile(await blobOf('layer'), 'x'), /layers\.0: .* ended after 1 of/],
  [
    'other bytes',
    async () => {
      const blob = await blobOf('config');
      await writeFile(
        blob,
        (await readFile(blob)).map((byte) => byte ^ 1),
      );
    },
    /config: .* other bytes/,
  ],
  [
    'a blob that is a link',
    async () => {
      const blob = await blobOf('config');
      await rename(blob, path.join(root, 'source', 'elsewhere'));
      await symlink(path.join(root, 'source', 'elsewhere'), blob);
    },
    /is a link/,
  ],
  [
    'a blob folder that is a link',
    async () => {
      await rename(at('blobs'), path.join(root, 'source', 'blobs'));
      await symlink('../blobs', at('blobs'));
    },
    /is a link/,
  ],
  [
    'a layout that is a link out of the workspace',
    async () => {
      await rename(layout, path.join(root, 'out'));
      await symlink('../out', layout);
    },
    /leads out of the workspace/,
  ],
  // Opening one for reading waits for a writer, for ever.
  [
    'a named pipe',
    async () => {
      const blob = await blobOf('layer');
      await rm(blob);
      await promisify(execFile)('mkfifo', [blob]);
    },
    /is not a regular file/,
  ],
  [
    'a folder in the place of a blob',
    async () => {
      const blob = await blobOf('layer');
      await rm(blob);
      await mkdir(blob);
    },
    /is not a regular file/,
  ],
])('%s: OUTPUT_INVALID, with the place', async (_, spoil, message) => {
  await spoil();
  await expect(read()).rejects.toMatchObject({ code: 'OUTPUT_INVALID', message: expect.stringMatching(message) });
});

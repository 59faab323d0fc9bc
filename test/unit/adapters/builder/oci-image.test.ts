import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { readLayout } from '../../../../adapters/builder/read-layout.ts';
import { createFolder, readBlob, readImage, runOciImage } from './run-oci-image.ts';

const made: string[] = [];
afterEach(async () => {
  await Promise.all(made.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
});

const longName = `${'deep/'.repeat(40)}${'n'.repeat(120)}.txt`;

/** The same files, made in another order, at another time, with other modes of no meaning. */
async function createApp(variant: 'one' | 'other'): Promise<string> {
  const root = await createFolder();
  made.push(root);
  const files: [string, string][] = [
    ['app/main.js', 'main'],
    ['app/node_modules/z/cli.js', 'cli'],
    ['app/B.js', 'B'],
    ['app/a.js', 'a'],
    ['app/snö.txt', 'utf-8'],
    [`app/${longName}`, 'long'],
    ['app/empty', ''],
  ];
  for (const [name, text] of variant === 'one' ? files : files.toReversed()) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), text, { mode: variant === 'one' ? 0o644 : 0o600 });
    if (variant === 'other') await utimes(path.join(root, name), 1, 1);
  }
  await chmod(path.join(root, 'app/node_modules/z/cli.js'), variant === 'one' ? 0o755 : 0o700);
  await mkdir(path.join(root, 'app/node_modules/.bin'));
  await symlink('../z/cli.js', path.join(root, 'app/node_modules/.bin/z'));
  return root;
}

const options = [
  '--output',
  'out',
  '--layer',
  'app:/srv/app',
  '--entrypoint',
  'node',
  '--entrypoint',
  '/srv/app/main.js',
];

test('the same files give the same digest from another folder, order, time and mode', async () => {
  const [one, other] = [await createApp('one'), await createApp('other')];
  const digest = await runOciImage(one, options);
  expect(await runOciImage(other, options)).toBe(digest);
  expect(await runOciImage(other, options, '1714564801')).not.toBe(digest);
  await writeFile(path.join(other, 'app/main.js'), 'mAin');
  expect(await runOciImage(other, options)).not.toBe(digest);
});

test('tar reads the layer: sorted, owned by root, one time, links kept, long and non-ASCII names whole', async () => {
  const root = await createApp('one');
  await runOciImage(root, options);
  const layout = path.join(root, 'out');
  const { manifest, config } = await readImage(layout);
  const [layer] = manifest.layers;
  if (layer === undefined) throw new Error('no layer');
  const bytes = await readBlob(layout, layer.digest);
  const diffId = `sha256:${createHash('sha256').update(gunzipSync(bytes)).digest('hex')}`;
  expect(config).toMatchObject({ rootfs: { type: 'layers', diff_ids: [diffId] }, created: '2024-05-01T12:00:00Z' });
  const blob = path.join(layout, 'blobs/sha256', layer.digest.slice(7));
  const list = ['--list', '--verbose', '--numeric-owner', '--utc', '--full-time', '--quoting-style=literal'];
  const { stdout } = await promisify(execFile)('tar', [...list, '--gzip', '--file', blob]);
  const entries = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ +/));
  expect(new Set(entries.map(([, owner]) => owner))).toEqual(new Set(['0/0']));
  expect(new Set(entries.map(([, , , day, time]) => `${day} ${time}`))).toEqual(new Set(['2024-05-01 12:00:00']));
  const names = entries.map(([mode, , , , , ...name]) => `${mode} ${name.join(' ')}`);
  expect(names.slice(0, 5)).toEqual([
    'drwxr-xr-x srv/',
    'drwxr-xr-x srv/app/',
    '-rw-r--r-- srv/app/B.js',
    '-rw-r--r-- srv/app/a.js',
    'drwxr-xr-x srv/app/deep/',
  ]);
  expect(names).toContain('lrwxrwxrwx srv/app/node_modules/.bin/z -> ../z/cli.js');
  expect(names).toContain('-rwxr-xr-x srv/app/node_modules/z/cli.js');
  expect(names).toContain(`-rw-r--r-- srv/app/${longName}`);
  expect(names).toContain('-rw-r--r-- srv/app/snö.txt');
});

test('configuration, several layers, single files and exclusions', async () => {
  const root = await createApp('one');
  await runOciImage(root, [
    ...['--output', 'app/out', '--layer', 'app:/', '--layer', 'app/main.js:/usr/bin/main'],
    ...['--exclude', 'node_modules', '--exclude', 'deep', '--label', 'b=2', '--label', 'a=1=1', '--env', 'X=y'],
    ...['--user', '65532', '--workdir', '/srv', '--platform', 'linux/arm64/v8'],
  ]);
  const layout = path.join(root, 'app/out');
  const { top, manifest, config } = await readImage(layout);
  expect(top.platform).toEqual({ os: 'linux', architecture: 'arm64', variant: 'v8' });
  expect(config).toMatchObject({
    architecture: 'arm64',
    config: { User: '65532', Env: ['X=y'], WorkingDir: '/srv', Labels: { a: '1=1', b: '2' } },
  });
  const listed = await Promise.all(
    manifest.layers.map(async ({ digest }) => {
      const blob = path.join(layout, 'blobs/sha256', digest.slice(7));
      return (await promisify(execFile)('tar', ['--list', '--quoting-style=literal', '--file', blob])).stdout
        .trim()
        .split('\n');
    }),
  );
  expect(listed).toEqual([
    ['B.js', 'a.js', 'empty', 'main.js', 'snö.txt'],
    ['usr/', 'usr/bin/', 'usr/bin/main'],
  ]);
  await expect(readLayout(layout, root)).resolves.toMatchObject({ digest: top.digest });
});

test('a file too large to be read whole is streamed', async () => {
  const root = await createApp('one');
  await truncate(path.join(root, 'app/empty'), 5 * 1024 ** 2 + 1);
  await runOciImage(root, options);
  const { manifest } = await readImage(path.join(root, 'out'));
  const unpacked = gunzipSync(await readBlob(path.join(root, 'out'), manifest.layers[0]!.digest));
  expect(unpacked.length % 512).toBe(0);
  expect(unpacked.length).toBeGreaterThan(5 * 1024 ** 2);
});

test.each([
  ['no such folder', ['--output', 'out', '--layer', 'nothing:/x'], /no such folder/],
  ['a target that climbs', ['--output', 'out', '--layer', 'app:/../x'], /FROM:\/PATH/],
  ['no layer', ['--output', 'out'], /at least one --layer/],
  ['a label without value', ['--output', 'out', '--layer', 'app:/x', '--label', 'a'], /NAME=VALUE/],
  [
    'a platform without architecture',
    ['--output', 'out', '--layer', 'app:/x', '--platform', 'linux'],
    /os\/architecture/,
  ],
])('%s is refused', async (_, args, message) => {
  const root = await createApp('one');
  await expect(runOciImage(root, args)).rejects.toThrow(message);
});

test('a link that names this machine is refused', async () => {
  const root = await createApp('one');
  await symlink(path.join(root, 'app/main.js'), path.join(root, 'app/link'));
  await expect(runOciImage(root, options)).rejects.toThrow(/make it relative/);
});

import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { openRegistry } from '../../services/cli/open-registry.ts';
import { buildImage, buildIndex, pushImage, writeTestLayout } from '../images.ts';
import { infra } from '../infra.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { zipOf } from '../unit/adapters/sbom/zip-of.ts';

const main = path.resolve(import.meta.dirname, '../../services/cli/start.cjs');

/** The command as a user runs it, in `cwd`, with a cache folder of its own. */
function pratique(cwd: string, args: readonly string[], env: Record<string, string> = {}) {
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const options = {
      cwd,
      env: { PATH: process.env.PATH, PRATIQUE_CACHE_DIR: path.join(cwd, '.cache'), ...env },
      maxBuffer: 2 ** 26,
    };
    const child = execFile(process.execPath, [main, ...args], options, (_error, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

function folderOf(files: Record<string, string>): string {
  const folder = temporaryFolder('pratique-cli-');
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  return folder;
}

const lock = JSON.stringify({
  lockfileVersion: 3,
  packages: {
    'node_modules/a': { version: '1.0.0', license: 'MIT' },
    'node_modules/@s/b': { version: '2.0.0', dev: true },
  },
});
const purls = (text: string): string[] =>
  (JSON.parse(text) as { components: { purl: string }[] }).components.map(({ purl }) => purl);

interface CdxDocument {
  metadata: { component: { purl: string } };
  components: { purl: string; properties: { name: string; value: string }[] }[];
}
const platformsIn = (properties: readonly { name: string; value: string }[]): string[] =>
  properties.filter(({ name }) => name.startsWith('pratique:platforms:')).map(({ value }) => value);

describe('pratique sbom', () => {
  test('a folder, as a table', async () => {
    const { code, out, err } = await pratique(folderOf({ 'package-lock.json': lock }), ['sbom', '.', '-o', 'table']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toBe(
      [
        'NAME  VERSION  TYPE  SCOPE        LICENCE  FOUND AT',
        '@s/b  2.0.0    npm   development  -        package-lock.json',
        'a     1.0.0    npm   runtime      MIT      package-lock.json',
        '',
        '2 components',
        '',
      ].join('\n'),
    );
  });

  test('not on a terminal: CycloneDX, the same bytes twice under SOURCE_DATE_EPOCH', async () => {
    const folder = folderOf({ 'package-lock.json': lock });
    const [first, second] = [
      await pratique(folder, ['sbom', '.'], { SOURCE_DATE_EPOCH: '86400' }),
      await pratique(folder, ['sbom', '.'], { SOURCE_DATE_EPOCH: '86400' }),
    ];
    expect(first.out).toBe(second.out);
    expect(JSON.parse(first.out)).toMatchObject({
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      metadata: { timestamp: '1970-01-02T00:00:00.000Z' },
    });
    expect(purls(first.out)).toEqual(['pkg:npm/%40s/b@2.0.0', 'pkg:npm/a@1.0.0']);
  });

  test('several documents of one stock, and each of them read back', async () => {
    const folder = folderOf({ 'package-lock.json': lock });
    const { code, out } = await pratique(folder, [
      'sbom',
      '.',
      '-o',
      'cyclonedx-json=x.cdx.json',
      '-o',
      'spdx-json=x.spdx.json',
      '-o',
      'json',
    ]);
    expect(code).toBe(0);
    const expected = purls(out);
    for (const file of ['x.cdx.json', 'x.spdx.json'])
      expect(purls((await pratique(folder, ['sbom', file, '--json'])).out)).toEqual(expected);
    expect(JSON.parse(readFileSync(path.join(folder, 'x.spdx.json'), 'utf8'))).toHaveProperty(
      'spdxVersion',
      'SPDX-2.3',
    );
  });

  test('every flag has its variable', async () => {
    const folder = folderOf({ 'package-lock.json': lock });
    const { code, out } = await pratique(folder, ['sbom', '.'], { PRATIQUE_OUTPUT: 'json,cyclonedx-json=x.json' });
    expect([code, purls(out)]).toEqual([0, ['pkg:npm/%40s/b@2.0.0', 'pkg:npm/a@1.0.0']]);
    expect(purls(readFileSync(path.join(folder, 'x.json'), 'utf8'))).toHaveLength(2);
  });

  test('what can not be read: the document is written, the place is named, the exit code is 3', async () => {
    const folder = folderOf({
      'package-lock.json': lock,
      'sub/package-lock.json': '{"lockfileVersion": 3, "packages"',
    });
    const { code, out, err } = await pratique(folder, ['sbom', '.', '-o', 'json']);
    expect(code).toBe(3);
    expect(purls(out)).toHaveLength(2);
    expect(err).toContain('sub/package-lock.json: npm-lockfile: not JSON');
    const below = await pratique(folder, ['sbom', '.', '-o', 'json', '--min-score', 'ntia=100']);
    const strict = await pratique(folder, ['sbom', '.', '-o', 'json', '--min-score', 'ntia=100', '--strict']);
    expect([below.code, strict.code]).toEqual([1, 3]);
    expect(strict.err).toContain('sub/package-lock.json: npm-lockfile: not JSON');
  });

  test('an OCI layout: the platform that was asked for, from the cache the second time', async () => {
    const layer = { files: { 'app/package-lock.json': lock } };
    const index = buildIndex([
      await buildImage({ layers: [layer] }),
      await buildImage({
        layers: [layer, { files: { 'etc/x': '' } }],
        platform: { os: 'linux', architecture: 'riscv64' },
        created: '2024-01-02T03:04:05Z',
      }),
    ]);
    const folder = folderOf({});
    await writeTestLayout(path.join(folder, 'layout'), index);
    const run = () => pratique(folder, ['sbom', 'layout', '--platform', 'linux/riscv64', '-o', 'cyclonedx-json']);
    const first = await run();
    expect({ code: first.code, err: first.err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(first.out)).toMatchObject({
      metadata: {
        timestamp: '2024-01-02T03:04:05.000Z',
        component: {
          type: 'container',
          purl: expect.stringMatching(/^pkg:oci\/layout@sha256:[0-9a-f]{64}\?arch=riscv64/),
        },
      },
    });
    expect(purls(first.out)).toHaveLength(2);
    expect((await run()).out).toBe(first.out);
    const whole = await pratique(folder, ['sbom', 'layout', '--platform', 'all', '-o', 'cyclonedx-json']);
    expect({ code: whole.code, err: whole.err }).toEqual({ code: 0, err: '' });
    const { metadata, components } = JSON.parse(whole.out) as CdxDocument;
    expect(metadata.component.purl).toMatch(/^pkg:oci\/layout@sha256:[0-9a-f]{64}\?repository_url=layout$/);
    expect(components.map(({ purl, properties }) => [purl, platformsIn(properties)])).toEqual([
      ['pkg:npm/%40s/b@2.0.0', ['linux/amd64', 'linux/riscv64']],
      ['pkg:npm/a@1.0.0', ['linux/amd64', 'linux/riscv64']],
    ]);
    const other = await pratique(folder, ['sbom', 'layout', '--platform', 'linux/s390x']);
    expect(other.code).toBe(2);
    expect(other.err).toContain('--platform linux/amd64 | linux/riscv64');
  });

  test('an image in a registry, by its tag', async () => {
    const host = infra().registry.replace(/^https?:\/\//, '');
    const io = {
      out: process.stdout,
      err: process.stderr,
      in: process.stdin,
      env: {},
      cwd: '/',
      signal: new AbortController().signal,
    };
    const image = await buildImage({ layers: [{ files: { 'app/package-lock.json': lock }, compression: 'zstd' }] });
    const digest = await pushImage(await openRegistry(host, io), 'cli-sbom/shop', image, '1.0');
    const { code, out, err } = await pratique(folderOf({}), ['sbom', `${host}/cli-sbom/shop:1.0`, '-o', 'json']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toMatchObject({
      subject: { name: `${host}/cli-sbom/shop`, digest },
      platform: 'linux/amd64',
      complete: true,
    });
    expect(purls(out)).toHaveLength(2);
  });

  test('names from an artifact can not move the cursor', async () => {
    const folder = folderOf({ 'a-1.dist-info/METADATA': 'Name: a\nVersion: 1\u001b[2J\n' });
    const { out } = await pratique(folder, ['sbom', '.', '-o', 'table']);
    expect(out).toContain('1\\u{1b}[2J');
  });

  test('a zip archive, and one that breaks off', async () => {
    const zip = zipOf({ 'app/package-lock.json': lock });
    const folder = temporaryFolder('pratique-cli-');
    writeFileSync(path.join(folder, 'function.zip'), zip);
    writeFileSync(path.join(folder, 'cut.zip'), zip.subarray(0, -10));
    const { code, out } = await pratique(folder, ['sbom', 'function.zip']);
    expect([code, purls(out)]).toEqual([0, ['pkg:npm/%40s/b@2.0.0', 'pkg:npm/a@1.0.0']]);
    const cut = await pratique(folder, ['sbom', 'cut.zip']);
    expect(cut).toMatchObject({ code: 3, err: expect.stringContaining('not a zip file, or a damaged one') });
  });

  test.each<[string, string[], number, RegExp]>([
    ['no source', ['sbom'], 2, /missing required argument/],
    [
      'an unknown format',
      ['sbom', '.', '-o', 'xml'],
      2,
      /none of cyclonedx-json, cyclonedx-xml, spdx-json, spdx-tag-value, table, json/,
    ],
    ['two documents to stdout', ['sbom', '.', '-o', 'json', '-o', 'table'], 2, /can not both go to stdout/],
    ['nothing of that name', ['sbom', 'nowhere/at/all'], 2, /no such file or folder, and no registry is named/],
    ['a file of another kind', ['sbom', 'hello.txt'], 2, /a kind of file that is not read/],
    ['JSON that is no SBOM', ['sbom', 'x.json'], 3, /neither a CycloneDX, an SPDX nor a Syft document/],
    ['a registry nobody answers at', ['sbom', '127.0.0.1:9/shop:1'], 3, /127\.0\.0\.1:9/],
    ['a wish that is no platform', ['sbom', '127.0.0.1:9/shop:1', '--platform', 'arm'], 2, /expected os\/arch/],
  ])('%s', async (_name, args, code, message) => {
    const folder = folderOf({ 'hello.txt': 'hello', 'x.json': '{"hello": 1}' });
    const done = await pratique(folder, args);
    expect(done).toEqual({ code, out: '', err: expect.stringMatching(message) });
  });

  test('errors as JSON', async () => {
    const { err } = await pratique(folderOf({ 'x.json': '{}' }), ['sbom', 'x.json', '--json']);
    expect(JSON.parse(err)).toMatchObject({ error: { code: 'SBOM_UNKNOWN_FORMAT', hint: expect.any(String) } });
  });
});

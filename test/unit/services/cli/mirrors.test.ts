/** Two registries: which is asked for what, and what becomes of a mirror that lies or is away. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openRegistry } from '../../../../services/cli/open-registry.ts';
import { type FakeRegistry, startFakeRegistry } from '../../../fakes/registry/fake-registry.ts';
import { buildImage, pushImage } from '../../../images.ts';
import { temporaryFolder } from '../../../temporary-folder.ts';
import { runCommand } from './run-command.ts';

const lock = JSON.stringify({ lockfileVersion: 3, packages: { 'node_modules/a': { version: '1.0.0' } } });
const image = await buildImage({
  layers: [{ files: { 'app/node_modules/a/package.json': '{"name":"a","version":"1"}', 'l.json': lock } }],
});

async function push(registry: FakeRegistry, repository: string): Promise<string> {
  const io = {
    out: process.stdout,
    err: process.stderr,
    in: process.stdin,
    env: {},
    cwd: '/',
    signal: new AbortController().signal,
  };
  return pushImage(await openRegistry(registry.host, io), repository, image, '1.0');
}

/** `pratique sbom` of the origin's image, with the mirror in its configuration. */
function run(origin: FakeRegistry, mirror: FakeRegistry, more = '', extra: readonly string[] = []) {
  const cwd = temporaryFolder('pratique-mirror-');
  const conf = path.join(cwd, 'registries.conf');
  writeFileSync(
    conf,
    `[[registry]]\nprefix = "${origin.host}"\n${more}\n[[registry.mirror]]\nlocation = "${mirror.host}/copies"\n`,
  );
  const env = { CONTAINERS_REGISTRIES_CONF: conf, HOME: cwd, PRATIQUE_CACHE_DIR: path.join(cwd, 'cache') };
  return runCommand(['sbom', `${origin.host}/shop:1.0`, '-o', 'json', ...extra], { cwd, env });
}
const gets = ({ seen }: FakeRegistry): number =>
  seen.filter(({ method, url }) => method === 'GET' && url !== '/v2/').length;

test('what the mirror has is taken from there, and said of the registry that was named', async () => {
  await using origin = await startFakeRegistry();
  await using mirror = await startFakeRegistry();
  const digest = await push(mirror, 'copies/shop');
  const { code, stdout } = await run(origin, mirror);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ subject: { name: `${origin.host}/shop`, digest }, complete: true });
  expect(gets(origin)).toBe(0);
});

test('what it has not got is taken from the registry', async () => {
  await using origin = await startFakeRegistry();
  await using mirror = await startFakeRegistry();
  await push(origin, 'shop');
  const { code, stdout } = await run(origin, mirror);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ complete: true, components: [{ name: 'a' }] });
  expect(gets(mirror)).toBeGreaterThan(0);
});

test('a mirror for digests only is not asked what a tag stands for', async () => {
  await using origin = await startFakeRegistry();
  await using mirror = await startFakeRegistry();
  await push(mirror, 'copies/shop');
  const { code } = await run(origin, mirror, 'mirror-by-digest-only = true');
  expect(code).toBe(3);
  expect(gets(mirror)).toBe(0);
  await push(origin, 'shop');
  expect((await run(origin, mirror, 'mirror-by-digest-only = true')).code).toBe(0);
  expect(gets(mirror)).toBeGreaterThan(0);
});

test('a mirror that sends other bytes makes no stock of them', async () => {
  await using origin = await startFakeRegistry();
  await using mirror = await startFakeRegistry({ blobs: 'other-bytes' });
  await push(origin, 'shop');
  await push(mirror, 'copies/shop');
  const { code, stderr } = await run(origin, mirror);
  expect(code).toBe(3);
  expect(stderr).toMatch(/was not read completely|digest/);
});

test('a blocked registry is not asked; a file that is no configuration is named', async () => {
  await using origin = await startFakeRegistry();
  await using mirror = await startFakeRegistry();
  const blocked = await run(origin, mirror, 'blocked = true');
  expect(blocked).toMatchObject({ code: 2, stderr: expect.stringContaining('is blocked by') });
  const broken = await run(origin, mirror, 'blocked = "yes"');
  expect(broken).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('not as containers-registries.conf(5) says'),
  });
  expect(origin.seen).toEqual([]);
});

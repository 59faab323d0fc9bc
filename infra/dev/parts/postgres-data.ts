import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, lstat, mkdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { StackError } from '../stack-error.ts';
import type { StackHome } from '../stack-home.ts';
import { isReachableByOthers } from './reachable.ts';

/** `nobody` and `nogroup`: Postgres refuses to run as root. */
export const postgresUser = { uid: 65534, gid: 65534 };

/**
 * The folder that holds the cluster. As root below a private folder, where Postgres' uid can not go, it lies in
 * /var/tmp and `data/postgres` is a link to it: without that link (a deleted home) the old one is not ours any more.
 */
export async function postgresDataRoot(home: StackHome): Promise<string> {
  const link = home.dataDir('postgres');
  if (process.getuid?.() !== 0) {
    await mkdir(link, { recursive: true, mode: 0o700 });
    return link;
  }
  const existing = await lstat(link).catch(() => undefined);
  if (existing?.isSymbolicLink()) return readlink(link);
  if (existing === undefined && !(await isReachableByOthers(dirname(link)))) {
    const hash = createHash('sha256').update(home.dir).digest('hex').slice(0, 16);
    const dir = `/var/tmp/pratique-postgres-${hash}`;
    await rm(dir, { recursive: true, force: true });
    // Not recursive: a folder somebody else puts there first is an error.
    await mkdir(dir, { mode: 0o700 });
    await chown(dir, postgresUser.uid, postgresUser.gid);
    await symlink(dir, link);
    return dir;
  }
  await mkdir(link, { recursive: true, mode: 0o700 });
  await chown(link, postgresUser.uid, postgresUser.gid);
  return link;
}

/** Throws START_FAILED when the cluster was made by another major version, which the server would refuse. */
export async function checkClusterVersion(cluster: string, version: string): Promise<void> {
  const made = (await readFile(join(cluster, 'PG_VERSION'), 'utf8')).trim();
  if (made === String(Number.parseInt(version, 10))) return;
  throw new StackError('START_FAILED', `postgres: ${cluster} was made by PostgreSQL ${made}; this one is ${version}`, {
    hint: 'put the former version in place, or move the folder away to start with an empty database',
  });
}

/** Runs `initdb`, with database and superuser `pratique`, into a staging folder under `root`, which is named `cluster` only when it is complete. */
export async function createCluster(options: {
  readonly root: string;
  readonly password: string;
  /** Runs a program of the Postgres distribution as its user, with `input` on stdin. */
  readonly run: (program: 'initdb' | 'postgres', args: readonly string[], input: string) => Promise<unknown>;
}): Promise<string> {
  const cluster = join(options.root, 'cluster');
  if (existsSync(join(cluster, 'PG_VERSION'))) {
    await removeStalePidFile(cluster);
    return cluster;
  }
  const staging = join(options.root, 'cluster.new');
  const passwordFile = join(options.root, 'password');
  await rm(staging, { recursive: true, force: true });
  await writeFile(passwordFile, options.password, { mode: 0o600 });
  await chmod(passwordFile, 0o600);
  if (process.getuid?.() === 0) await chown(passwordFile, postgresUser.uid, postgresUser.gid);
  try {
    const account = ['-U', 'pratique', '--pwfile', passwordFile, '-A', 'scram-sha-256'];
    await options.run('initdb', ['-D', staging, ...account, '-E', 'UTF8', '--locale', 'C'], '');
    await options.run('postgres', ['--single', '-D', staging, 'postgres'], 'CREATE DATABASE pratique;\n');
  } finally {
    await rm(passwordFile, { force: true });
  }
  await rename(staging, cluster);
  return cluster;
}

/** After a SIGKILL the pid in the file may be a stranger's by now, and Postgres would take it for a second server. */
async function removeStalePidFile(cluster: string): Promise<void> {
  const file = join(cluster, 'postmaster.pid');
  const pid = Number((await readFile(file, 'utf8').catch(() => '')).split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 0) return;
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
  if (name.trim() !== 'postgres') await rm(file, { force: true });
}

import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What the builder finds tools by in these tests: this Node, and the system's git, ssh-keygen, gpg. */
export const toolPath = `${path.dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`;

type SignAs = 'allowed' | 'stranger' | 'nobody' | { readonly gpg: string; readonly home: string };

/** A local Git repository whose commits are signed with SSH keys made for it. */
export interface SignedRepository {
  readonly folder: string;
  /** Names `dev@example.com` for the `allowed` key. */
  readonly allowedSigners: string;
  readonly allowedPublicKey: string;
  commit(files: Readonly<Record<string, string>>, signAs?: SignAs, gpgSsh?: string): Promise<string>;
  git(...args: string[]): Promise<string>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function createSignedRepository(): Promise<SignedRepository> {
  const base = await mkdtemp(path.join(tmpdir(), 'pratique-repository-'));
  await chmod(base, 0o755);
  const folder = path.join(base, 'repository');
  await mkdir(folder);
  const env = {
    PATH: toolPath,
    HOME: base,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_DATE: '2024-05-01T12:00:00Z',
    GIT_COMMITTER_DATE: '2024-05-01T12:00:00Z',
  };
  const git = async (...args: string[]) => (await run('git', args, { cwd: folder, env })).stdout.trim();
  for (const name of ['allowed', 'stranger'])
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', path.join(base, name)]);
  await git('init', '--quiet', '--initial-branch=main');
  await git('config', 'user.name', 'A Name Anybody Can Write');
  await git('config', 'user.email', 'anybody@example.com');
  const allowedPublicKey = (await readFile(path.join(base, 'allowed.pub'), 'utf8')).trim();
  return {
    folder,
    allowedPublicKey,
    allowedSigners: `dev@example.com namespaces="git" ${allowedPublicKey}\n`,
    git,
    async commit(files, signAs = 'allowed', program = 'ssh-keygen') {
      for (const [name, text] of Object.entries(files)) {
        await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
        await writeFile(path.join(folder, name), text);
      }
      await git('add', '--all');
      await run('git', [...signOptions(base, signAs, program), '-m', 'change'], {
        cwd: folder,
        env: typeof signAs === 'object' ? { ...env, GNUPGHOME: signAs.home } : env,
      });
      return git('rev-parse', 'HEAD');
    },
    [Symbol.asyncDispose]: () => rm(base, { recursive: true, force: true }),
  };
}

function signOptions(base: string, signAs: SignAs, program: string): string[] {
  const commit = ['commit', '--quiet', '--allow-empty'];
  if (signAs === 'nobody') return [...commit, '--no-gpg-sign'];
  if (typeof signAs === 'object') return [...commit, `--gpg-sign=${signAs.gpg}`];
  const key = path.join(base, signAs);
  return ['-c', 'gpg.format=ssh', '-c', `user.signingKey=${key}`, '-c', `gpg.ssh.program=${program}`, ...commit, '-S'];
}

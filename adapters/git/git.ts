/** git, run so that neither this machine's configuration nor the repository's decides what it does. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type ProcessLimits, type ProcessOutcome, runProcess } from './run-process.ts';

/** Bounds of one fetch. */
export interface GitLimits {
  /** For every single git command. */
  readonly timeoutMs: number;
  /** Largest pack, in bytes: the kernel's file size limit (RLIMIT_FSIZE) of the fetching process. */
  readonly maxPackBytes: number;
  /** Files in the commit's tree, and their bytes together. */
  readonly maxFiles: number;
  readonly maxTreeBytes: number;
}

export const defaultGitLimits: GitLimits = {
  timeoutMs: 5 * 60_000,
  maxPackBytes: 2 * 1024 ** 3,
  maxFiles: 200_000,
  maxTreeBytes: 4 * 1024 ** 3,
};

export interface GitOptions {
  /** `PATH` of git and of the gpg and ssh-keygen it calls. */
  readonly path: string;
  readonly limits: GitLimits;
  readonly signal: AbortSignal;
}

/** A bare repository of ours with a home of its own beside it: `<folder>/repository` and `<folder>/home`. */
export interface GitFolder {
  readonly repository: string;
  readonly home: string;
}

/**
 * Settings of a home that belongs to one fetch. Ownership is checked by git for the user's safety; the path was configured by name.
 * A redirect, or a bundle elsewhere, would lead to a host that nobody configured.
 */
const CONFIGURATION = `[core]
\thooksPath = /dev/null
\tfsmonitor = false
\tprotectHFS = true
\tprotectNTFS = true
[protocol]
\tversion = 2
[transfer]
\tfsckObjects = true
\tbundleURI = false
[fetch]
\trecurseSubmodules = false
[submodule]
\trecurse = false
[credential]
\thelper =
[http]
\tlowSpeedLimit = 1000
\tlowSpeedTime = 60
\tfollowRedirects = false
[gc]
\tauto = 0
[safe]
\tdirectory = *
`;

/** Makes `folder` and an empty bare repository in it. */
export async function createGitFolder(folder: string, objectFormat: 'sha1' | 'sha256', options: GitOptions) {
  const made: GitFolder = { repository: path.join(folder, 'repository'), home: path.join(folder, 'home') };
  await mkdir(made.home, { recursive: true, mode: 0o700 });
  await writeFile(path.join(made.home, 'gitconfig'), CONFIGURATION, { mode: 0o600 });
  const outcome = await runGit(
    made,
    ['init', '--quiet', '--bare', '--template=', `--object-format=${objectFormat}`, made.repository],
    options,
    { cwd: folder },
  );
  if (outcome.exit !== 0) throw new Error(`git init failed: ${outcome.stderr.trim()}`);
  return made;
}

/**
 * Runs git on `folder`. `protocol` is the only transport it may use (none where absent); `settings` are `-c` options.
 * Output is bounded to 64 MiB.
 */
export function runGit(
  folder: GitFolder,
  args: readonly string[],
  options: GitOptions,
  more: { cwd?: string; protocol?: string; settings?: readonly string[]; env?: Readonly<Record<string, string>> } = {},
): Promise<ProcessOutcome> {
  const limits: ProcessLimits = {
    timeoutMs: options.limits.timeoutMs,
    maxOutput: 64 * 1024 ** 2,
    signal: options.signal,
  };
  const settings = (more.settings ?? []).flatMap((setting) => ['-c', setting]);
  // POSIX `ulimit -f` counts blocks of 512 bytes. git has no limit of its own for what a fetch may send.
  const blocks = String(Math.ceil(options.limits.maxPackBytes / 512));
  return runProcess(['/bin/sh', '-c', 'ulimit -f "$0"; exec git "$@"', blocks, ...settings, ...args], {
    ...limits,
    cwd: more.cwd ?? folder.repository,
    env: {
      PATH: options.path,
      HOME: folder.home,
      GIT_CONFIG_GLOBAL: path.join(folder.home, 'gitconfig'),
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_ATTR_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      GIT_NO_REPLACE_OBJECTS: '1',
      GIT_ALLOW_PROTOCOL: more.protocol ?? 'none',
      GIT_SSH_COMMAND: 'ssh -o BatchMode=yes -o StrictHostKeyChecking=yes -o ForwardAgent=no -o PermitLocalCommand=no',
      LC_ALL: 'C',
      TZ: 'UTC',
      ...more.env,
    },
  });
}

/** What stands between a recipe and the machine: another uid, and Linux namespaces (namespaces(7)) by util-linux. */
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import type { BuildIsolation } from '../../domain/building/builder.ts';
import { runProcess } from '../git/run-process.ts';

export interface BuildUser {
  readonly uid: number;
  readonly gid: number;
}

/** How isolation is reached on this machine, best first. */
type Mechanism = 'root-namespaces' | 'user-namespaces' | 'root-uid' | 'none';

export interface Sandbox {
  readonly isolation: BuildIsolation;
  /** Owner the workspace must have before a command runs; undefined where that is ourselves. */
  readonly owner: BuildUser | undefined;
  /** Where a command finds `workspace`: the same path in every build where there are mount namespaces. */
  viewOf(workspace: string): string;
  /** The command line that runs `command` in `<workspace>/source`. */
  wrap(command: readonly string[], how: SandboxedCommand): [string, ...string[]];
}

interface SandboxedCommand {
  readonly workspace: string;
  readonly network: boolean;
  readonly path: string;
  /** Files and folders of the machine the command may not see, where there are mount namespaces. */
  readonly hidden: readonly string[];
}

/** Empty on a Linux of the Filesystem Hierarchy Standard: the workspace is mounted over the first that nothing needs. */
const MOUNT_POINTS = ['/mnt', '/srv', '/media'];
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** $1 workspace, $2 where it is mounted, $3 whether /tmp is private, then hidden paths up to `--`, then the command. */
const ENTER = `set -eu
umask 022
mount --bind "$1" "$2"
view=$2; private=$3; shift 3
while [ "$1" != -- ]; do
  if [ -d "$1" ]; then mount -t tmpfs -o size=4k,mode=0555 tmpfs "$1"; elif [ -e "$1" ]; then mount --bind /dev/null "$1"; fi
  shift
done
shift
if [ "$private" = yes ]; then mount --bind "$view/tmp" /tmp; fi
ip link set lo up 2>/dev/null || :
cd "$view/source"
unset OLDPWD
exec "$@"`;
const ENTER_PLAIN = 'umask 022; cd "$1/source"; shift; unset OLDPWD; exec "$@"';

/**
 * Finds out what this machine allows by trying it. `paths` are all the paths a command must be able to see (of its PATH and its
 * environment): what they lie under is not covered.
 */
export async function createSandbox(user: BuildUser, paths: readonly string[]): Promise<Sandbox> {
  const isFree = (folder: string) => !paths.some((seen) => seen === folder || seen.startsWith(`${folder}/`));
  const point = MOUNT_POINTS.find((folder) => isFree(folder) && existsSync(folder));
  const candidates: Mechanism[] = process.getuid?.() === 0 ? ['root-namespaces', 'root-uid'] : ['user-namespaces'];
  for (const mechanism of candidates) {
    if (mechanism !== 'root-uid' && point === undefined) continue;
    const sandbox = sandboxOf(mechanism, user, point ?? '', isFree('/tmp'));
    if (await works(sandbox)) return sandbox;
  }
  return sandboxOf('none', user, '', false);
}

function sandboxOf(mechanism: Mechanism, user: BuildUser, point: string, privateTmp: boolean): Sandbox {
  const namespaces = mechanism === 'root-namespaces' || mechanism === 'user-namespaces';
  const ownUser = mechanism === 'root-namespaces' || mechanism === 'root-uid';
  return {
    isolation: { user: ownUser, network: namespaces },
    owner: ownUser ? user : undefined,
    viewOf: (workspace) => (namespaces ? point : workspace),
    wrap: (command, how) => {
      // mount, ip and setpriv are looked for in the system's folders; the recipe gets the configured PATH.
      const inside = [...dropFor(mechanism, user), '/usr/bin/env', `PATH=${how.path}`, ...command];
      const enter = namespaces
        ? [
            ...unshareFor(mechanism, how.network),
            ...['/bin/sh', '-c', ENTER, 'sandbox', how.workspace, point, privateTmp ? 'yes' : 'no'],
            ...[...how.hidden, '--'],
          ]
        : ['/bin/sh', '-c', ENTER_PLAIN, 'sandbox', how.workspace];
      return ['/usr/bin/env', `PATH=${SYSTEM_PATH}`, ...enter, ...inside];
    },
  };
}

/** A process tree of its own dies with its first process: nothing a recipe starts outlives it. */
function unshareFor(mechanism: Mechanism, network: boolean): string[] {
  return [
    'unshare',
    ...(mechanism === 'user-namespaces' ? ['--user', '--map-root-user'] : []),
    ...(network ? [] : ['--net']),
    ...['--pid', '--fork', '--kill-child', '--mount', '--mount-proc', '--ipc', '--'],
  ];
}

/** Ends with a uid that is not root and no capability, neither now nor through a set-uid file. */
function dropFor(mechanism: Mechanism, user: BuildUser): string[] {
  const never = ['setpriv', '--no-new-privs', '--inh-caps=-all'];
  switch (mechanism) {
    case 'root-namespaces':
    case 'root-uid':
      return [...never, '--bounding-set=-all', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', '--'];
    case 'user-namespaces':
      return [
        ...[
          'unshare',
          '--user',
          `--map-user=${process.getuid?.() ?? 0}`,
          `--map-group=${process.getgid?.() ?? 0}`,
          '--',
        ],
        ...[...never, '--'],
      ];
    case 'none':
      return [];
  }
}

async function works(sandbox: Sandbox): Promise<boolean> {
  const workspace = await mkdtemp(path.join(tmpdir(), 'pratique-sandbox-'));
  try {
    await chmod(workspace, 0o755);
    await Promise.all(['source', 'tmp'].map((name) => mkdir(path.join(workspace, name))));
    const command = sandbox.wrap(['true'], { workspace, network: false, path: SYSTEM_PATH, hidden: [] });
    const limits = { timeoutMs: 20_000, maxOutput: 1024, signal: new AbortController().signal };
    const outcome = await runProcess(command, { ...limits, cwd: '/', env: {} });
    return outcome.exit === 0;
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

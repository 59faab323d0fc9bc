/** What stands between a recipe and the machine: another uid, and Linux namespaces (namespaces(7)) by util-linux. */
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import type { BuildIsolation } from '../../domain/building/builder.ts';
import { runProcess } from '../git/run-process.ts';
import { ENTER, ENTER_PLAIN, FORWARD, LOOPBACK_IS_UP } from './sandbox-script.ts';
import { visiblePaths } from './visible-paths.ts';

/** Where a command finds its way out, where it has one. */
export const wayOutAddress = 'http://127.0.0.1:3128';

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
  /** Whether a command without a network can be given a way out through a socket (`wayOut`). */
  readonly hasWayOut: boolean;
  /** Ends what a command left running, where its end does not do that by itself and we can tell whose it is. */
  readonly sweep: readonly [string, ...string[]] | undefined;
}

interface SandboxedCommand {
  /** The recipe's: `source`, `home` and `tmp` lie in it. */
  readonly workspace: string;
  /** An empty folder of ours: the root of what the command sees is put together there. */
  readonly root: string;
  readonly network: boolean;
  /** Unix socket of a proxy, which the command finds at `wayOutAddress`. */
  readonly wayOut?: string;
  readonly path: string;
  /** What the command may write besides the workspace, by the same path. */
  readonly writable: readonly string[];
  /** Files and folders that stay out of sight also where they lie below something visible. */
  readonly hidden: readonly string[];
}

/** Bounds of what one command may take; time, disk and log have theirs elsewhere. */
const LIMITS = {
  /** Processes and threads of one user; a build by many cores has hundreds. */
  processes: 1024,
  /** Bytes of one file, holes included. */
  fileBytes: 16 * 1024 ** 3,
} as const;

/** Where a recipe finds its workspace where it has a root of its own: outside of what any system uses. */
const VIEW = '/build';
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Finds out what this machine allows by trying it. `paths` are all the paths a command must be able to see (of its PATH and its
 * environment), besides the system's own programs.
 */
export async function createSandbox(user: BuildUser, paths: readonly string[]): Promise<Sandbox> {
  const candidates: Mechanism[] = process.getuid?.() === 0 ? ['root-namespaces', 'root-uid'] : ['user-namespaces'];
  const visible = await visiblePaths([...paths, path.dirname(process.execPath)], homedir());
  for (const mechanism of candidates) {
    const sandbox = sandboxOf(mechanism, user, visible);
    if (!(await works(sandbox))) continue;
    // Where nothing brings up the loopback interface (iproute2), a proxy inside has no address to listen on.
    return {
      ...sandbox,
      hasWayOut: sandbox.isolation.namespaces && (await works(sandbox, ['sh', '-c', LOOPBACK_IS_UP])),
    };
  }
  return sandboxOf('none', user, visible);
}

function sandboxOf(mechanism: Mechanism, user: BuildUser, visible: readonly string[]): Sandbox {
  const namespaces = mechanism === 'root-namespaces' || mechanism === 'user-namespaces';
  const ownUser = mechanism === 'root-namespaces' || mechanism === 'root-uid';
  return {
    isolation: { user: ownUser, network: namespaces, namespaces },
    owner: ownUser ? user : undefined,
    hasWayOut: false,
    viewOf: (workspace) => (namespaces ? VIEW : workspace),
    wrap: (command, how) => {
      // mount, prlimit and setpriv are looked for in the system's folders; the recipe gets the configured PATH.
      const forward = how.wayOut === undefined ? [] : ['/bin/sh', '-c', FORWARD, 'way-out', process.execPath];
      const inside = [...dropFor(mechanism, user), '/usr/bin/env', `PATH=${how.path}`, ...forward, ...command];
      const enter = namespaces
        ? [
            ...unshareFor(mechanism, how.network),
            ...['/bin/sh', '-c', ENTER, 'sandbox', how.root, how.workspace, VIEW, how.wayOut ?? ''],
            ...[...visible, '--', ...how.writable, '--'],
            ...[...how.hidden, '--'],
          ]
        : ['/bin/sh', '-c', ENTER_PLAIN, 'sandbox', how.workspace];
      return ['/usr/bin/env', `PATH=${SYSTEM_PATH}`, ...enter, ...inside];
    },
    sweep:
      mechanism === 'root-uid'
        ? ['/usr/bin/env', `PATH=${SYSTEM_PATH}`, ...dropFor(mechanism, user), '/bin/sh', '-c', 'kill -KILL -1']
        : undefined,
  };
}

/** A process tree of its own dies with its first process: nothing a recipe starts outlives it. */
function unshareFor(mechanism: Mechanism, network: boolean): string[] {
  return [
    'unshare',
    ...(mechanism === 'user-namespaces' ? ['--user', '--map-root-user'] : []),
    ...(network ? [] : ['--net']),
    ...['--pid', '--fork', '--kill-child', '--mount', '--ipc', '--uts', '--'],
  ];
}

/** Ends with a uid that is not root, no capability, neither now nor through a set-uid file, and with limits. */
function dropFor(mechanism: Mechanism, user: BuildUser): string[] {
  const limits = [
    'prlimit',
    `--nproc=${LIMITS.processes}:${LIMITS.processes}`,
    ...[`--fsize=${LIMITS.fileBytes}:${LIMITS.fileBytes}`, '--core=0:0', '--'],
  ];
  const never = ['setpriv', '--no-new-privs', '--inh-caps=-all'];
  switch (mechanism) {
    case 'root-namespaces':
    case 'root-uid':
      return [
        ...limits,
        ...[...never, '--bounding-set=-all', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', '--'],
      ];
    case 'user-namespaces':
      return [
        ...[
          'unshare',
          '--user',
          `--map-user=${process.getuid?.() ?? 0}`,
          `--map-group=${process.getgid?.() ?? 0}`,
          '--',
        ],
        // Inside that user namespace, or the limit would count every process of this user.
        ...limits,
        ...[...never, '--'],
      ];
    case 'none':
      return [];
  }
}

async function works(sandbox: Sandbox, command: readonly string[] = ['true']): Promise<boolean> {
  const folder = await mkdtemp(path.join(tmpdir(), 'pratique-sandbox-'));
  const [workspace, root] = [path.join(folder, 'work'), path.join(folder, 'root')];
  try {
    await chmod(folder, 0o755);
    for (const made of [workspace, root, ...['source', 'home', 'tmp'].map((name) => path.join(workspace, name))])
      await mkdir(made);
    const how = { workspace, root, network: false, path: SYSTEM_PATH, writable: [], hidden: [] };
    const limits = { timeoutMs: 20_000, maxOutput: 1024, signal: new AbortController().signal };
    const outcome = await runProcess(sandbox.wrap(command, how), { ...limits, cwd: '/', env: {} });
    return outcome.exit === 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

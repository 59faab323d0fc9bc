/** Runs one shell script as a recipe's command would run, and says how it was isolated: a process of its own, so that it can be another user's. */
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { defaultBuildUser } from '../../../adapters/builder/command-builder.ts';
import { createSandbox } from '../../../adapters/builder/sandbox.ts';
import { runProcess } from '../../../adapters/git/run-process.ts';

const searched = `${path.dirname(process.execPath)}:/usr/bin:/bin`;
const sandbox = await createSandbox(defaultBuildUser, searched.split(':'));
const folder = await mkdtemp(path.join(tmpdir(), 'pratique-sandboxed-'));
await chmod(folder, 0o755);
const [root, workspace] = [path.join(folder, 'root'), path.join(folder, 'work')];
for (const one of [root, workspace, ...['source', 'home', 'tmp'].map((name) => path.join(workspace, name))])
  await mkdir(one);
if (sandbox.owner !== undefined) spawnSync('chown', ['-R', `${sandbox.owner.uid}:${sandbox.owner.gid}`, workspace]);
const argv = sandbox.wrap(['sh', '-c', process.argv[2] ?? 'true'], {
  ...{ root, workspace, network: false, path: searched, writable: [], hidden: [] },
});
const outcome = await runProcess(argv, {
  ...{ cwd: '/', env: {}, timeoutMs: 30_000, maxOutput: 64 * 1024, signal: new AbortController().signal },
});
await rm(folder, { recursive: true, force: true });
process.stdout.write(
  JSON.stringify({ isolation: sandbox.isolation, exit: outcome.exit, out: outcome.stdout.toString('utf8') }),
);

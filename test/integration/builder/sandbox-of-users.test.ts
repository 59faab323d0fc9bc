/** What the builder is started by: root, another user, with files left open. Isolation is reached in more than one way, or said to be missing. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

const run = promisify(execFile);
const driver = fileURLToPath(new URL('run-sandboxed.ts', import.meta.url));
const isRoot = process.getuid?.() === 0;
const asOther = ['setpriv', '--reuid=65432', '--regid=65432', '--clear-groups'];

async function sandboxed(script: string, prefix: readonly string[]) {
  const [file = '', ...args] = [...prefix, process.execPath, driver, script];
  const { stdout } = await run(file, args, { cwd: '/', env: { PATH: process.env.PATH, HOME: '/nonexistent' } });
  return JSON.parse(stdout) as {
    isolation: { user: boolean; network: boolean; namespaces: boolean };
    exit: number;
    out: string;
  };
}
const namespacesForAll = await run('unshare', ['--user', '--map-root-user', '--net', '--mount', 'true']).then(
  () => true,
  () => false,
);

describe.runIf(isRoot)('not as root', () => {
  test('says what it reached, and that it has no user of its own', async () => {
    const { isolation, exit } = await sandboxed('true', asOther);
    expect(exit).toBe(0);
    expect(isolation).toEqual({ user: false, network: namespacesForAll, namespaces: namespacesForAll });
  });

  test.runIf(namespacesForAll)('the same root, the same privileges: none', async () => {
    // Of the machine's own /tmp, not even the names; a clone that lies there is on the way to Node.
    const theirs = await mkdtemp('/tmp/pratique-theirs-');
    const { out } = await sandboxed(
      'id -u; grep -E "^(CapEff|NoNewPrivs)" /proc/self/status; ls /; ls /tmp | grep -c pratique-theirs; grep -c : /proc/net/dev; touch /usr/x; touch /x; unshare --user --map-root-user --mount umount /usr; cat /proc/1/environ; readlink /proc/1/fd/0; echo end',
      asOther,
    );
    await rm(theirs, { recursive: true });
    const lines = out.trim().split('\n');
    expect(lines.slice(0, 3)).toEqual(['65432', 'CapEff:\t0000000000000000', 'NoNewPrivs:\t1']);
    expect(lines).toContain('build');
    expect(lines).not.toContain(path.basename(homedir()) === 'root' ? 'srv' : path.basename(homedir()));
    expect(lines.slice(-3)).toEqual(['0', '1', 'end']);
  });
});

test('a file the builder was started with is not handed on', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'pratique-open-'));
  const file = path.join(folder, 'key');
  await writeFile(file, 'the key', { mode: 0o600 });
  const open = ['/bin/sh', '-c', `exec 7<"$0"; exec "$@"`, file];
  // Without us in between, it is there.
  expect((await run('/bin/sh', [...open.slice(1), '/bin/sh', '-c', 'cat <&7'])).stdout).toBe('the key');
  expect((await sandboxed('cat <&7; echo end', open)).out).toBe('end\n');
  await rm(folder, { recursive: true });
});

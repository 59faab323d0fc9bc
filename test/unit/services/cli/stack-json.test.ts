import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { identifyProcess } from '../../../../infra/dev/process/process-identity.ts';
import { createStackHome, stackHome } from '../../../../infra/dev/stack-home.ts';
import { writeStackRecord } from '../../../../infra/dev/stack-record.ts';
import { runCommand } from './run-command.ts';

let dir: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pratique-stack-json-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(dir, { recursive: true, force: true });
});

async function startPart() {
  const child = spawn('sleep', ['60'], { detached: true });
  children.push(child);
  await once(child, 'spawn');
  return identifyProcess(child.pid as number) ?? null;
}

it('`down --json` names the parts that it stopped, and not what somebody else runs or what had ended', async () => {
  const home = stackHome(join(dir, 'home'));
  await createStackHome(home);
  const part = { kind: 'server', address: '', version: '', ports: {}, stopSignal: 'SIGTERM', log: '' } as const;
  const gone = await startPart();
  children[0]?.kill('SIGKILL');
  await once(children[0] as ChildProcess, 'exit');
  const url = 'http://127.0.0.1:1';
  writeStackRecord(home, {
    ...{ format: 1, supervisor: null, ready: true },
    connection: {
      ...{ databaseUrl: url, kafkaBrokers: '', temporalAddress: '', temporalNamespace: '', temporalUi: url },
      ...{ registry: '', gatewayUrl: url },
    },
    parts: [
      { ...part, name: 'postgres', process: null },
      { ...part, name: 'registry', process: await startPart() },
      { ...part, name: 'kafka', process: gone },
    ],
  });
  const env = { PRATIQUE_HOME: home.dir };
  const down = await runCommand(['--json', 'down'], { env });
  expect({ ...down, stdout: JSON.parse(down.stdout) }).toMatchObject({ code: 0, stdout: { stopped: ['registry'] } });
  const again = await runCommand(['down', '--json'], { env });
  expect(again).toMatchObject({ code: 0, stderr: `nothing runs in ${home.dir}\n` });
  expect(JSON.parse(again.stdout)).toEqual({ stopped: [] });
});

it.each([['up'], ['down']])('`%s --json` has a code for what stops it', async (verb) => {
  const home = stackHome(join(dir, 'home'));
  await createStackHome(home);
  await writeFile(home.recordFile, '{');
  const { code, stdout, stderr } = await runCommand([verb, '--json'], { env: { PRATIQUE_HOME: home.dir } });
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'RECORD_UNREADABLE', hint: expect.any(String) } });
});

it('`up --json` has a code for a mistake in its flags', async () => {
  const { code, stderr } = await runCommand(['--json', 'up', '--only', 'kafka'], { env: { PRATIQUE_HOME: dir } });
  expect(code).toBe(2);
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'USAGE' } });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import {
  identifyProcess,
  isGroupAlive,
  isSameProcessAlive,
  type ProcessIdentity,
} from '../../../../infra/dev/process/process-identity.ts';
import { signalGroup, stopProcess } from '../../../../infra/dev/process/stop-process.ts';

const started: ProcessIdentity[] = [];

/** Runs a shell script as the leader of its own group, and waits for its first line. */
async function run(script: string): Promise<{ identity: ProcessIdentity; line: string }> {
  const child = spawn('sh', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  const identity = identifyProcess(child.pid as number) as ProcessIdentity;
  started.push(identity);
  return { identity, line: chunk.toString().trim() };
}

afterEach(async () => {
  for (const identity of started.splice(0)) await stopProcess(identity, 'SIGKILL', 1_000);
});

describe('process identity', () => {
  it('knows this process, and not a later one under the same pid', () => {
    const me = identifyProcess(process.pid) as ProcessIdentity;
    expect(isSameProcessAlive(me)).toBe(true);
    expect(isSameProcessAlive({ ...me, startTime: `${Number(me.startTime) - 1}` })).toBe(false);
    expect(isSameProcessAlive({ ...me, bootId: 'an earlier boot' })).toBe(false);
  });

  it('knows no process beyond the highest pid', () => {
    expect(identifyProcess(2 ** 22 + 1)).toBeUndefined();
  });

  it('reads a name with parentheses and spaces', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'pratique-name-'));
    const program = join(dir, ') R 1 (x');
    await symlink('/bin/sleep', program);
    const { identity } = await run(`echo up; exec '${program}' 60`);
    await expect.poll(() => readFileSync(`/proc/${identity.pid}/comm`, 'utf8')).toBe(') R 1 (x\n');
    expect(identifyProcess(identity.pid)).toEqual(identity);
    await rm(dir, { recursive: true });
  });

  it('takes a dead child that nobody collected for dead', async () => {
    // The shell's child ends; exec replaces the shell by a program that never waits for it.
    const { line } = await run('sleep 0.05 & echo $!; exec sleep 60');
    await sleep(400);
    expect(identifyProcess(Number(line))).toBeUndefined();
  });
});

describe('stopping', () => {
  it('ends a program that minds the signal', async () => {
    const { identity } = await run('echo up; exec sleep 60');
    expect(await stopProcess(identity, 'SIGTERM', 5_000)).toBe('stopped');
    expect(await stopProcess(identity, 'SIGTERM', 5_000)).toBe('gone');
  });

  it('kills one that does not', async () => {
    const { identity } = await run('trap "" TERM; echo up; while :; do sleep 1; done');
    expect(await stopProcess(identity, 'SIGTERM', 200)).toBe('killed');
    expect(isGroupAlive(identity)).toBe(false);
  });

  it('ends what a killed leader left behind', async () => {
    const { identity, line } = await run('sleep 60 & echo $!; wait');
    process.kill(identity.pid, 'SIGKILL');
    await expect.poll(() => isSameProcessAlive(identity)).toBe(false);
    expect(isGroupAlive(identity)).toBe(true);
    expect(await stopProcess(identity, 'SIGTERM', 5_000)).toBe('stopped');
    expect(identifyProcess(Number(line))).toBeUndefined();
  });

  it('leaves a stranger alone who was given the recorded pid', async () => {
    const { identity } = await run('echo up; exec sleep 60');
    const recorded = { ...identity, startTime: '1' };
    expect(await stopProcess(recorded, 'SIGKILL', 100)).toBe('gone');
    signalGroup(recorded, 'SIGKILL');
    await sleep(100);
    expect(isSameProcessAlive(identity)).toBe(true);
  });
});

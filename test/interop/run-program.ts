import { spawn } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const passphrases = { COSIGN_PASSWORD: 'interop', PRATIQUE_KEY_PASSPHRASE: 'interop' };

/** Runs a program in `cwd` to its end. Its environment has the passphrase of every key in these tests. */
export async function runProgram(program: string, args: readonly string[], cwd: string): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...passphrases },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
}

/** `pratique …` as a user runs it. */
export function pratique(args: readonly string[], cwd: string): Promise<Ended> {
  const main = path.resolve(import.meta.dirname, '../../services/cli/start.cjs');
  return runProgram(process.execPath, [main, ...args], cwd);
}

import { spawn } from 'node:child_process';
import process from 'node:process';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';

/**
 * An armored SSH signature over a text by `ssh-keygen`, which asks for a passphrase on the terminal, and ssh-agent or a security
 * key where they hold the key. Throws a CliError.
 */
export async function signWithSsh(text: string, keyFile: string, namespace: string, io: CliIo): Promise<string> {
  const child = spawn('ssh-keygen', ['-Y', 'sign', '-n', namespace, '-f', keyFile], {
    cwd: io.cwd,
    env: { ...process.env, ...io.env },
    signal: io.signal,
  });
  let signature = '';
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    signature += chunk.toString('utf8');
  });
  child.stderr.on('data', (chunk: Buffer) => {
    const line = chunk.toString('utf8');
    said += line;
    // "Confirm user presence for key …" is for whoever sits there.
    if (/presence/i.test(line)) io.err.write(line);
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(text);
  const exit = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).catch((cause: Error) => {
    throw new CliError(exitCodes.infrastructure, 'SSH_KEYGEN_MISSING', `ssh-keygen cannot be run: ${cause.message}`, {
      cause,
      hint: 'Install OpenSSH 8.2 or later; or sign elsewhere: --write-statement, then --statement with --signature',
    });
  });
  if (exit === 0 && signature.includes('BEGIN SSH SIGNATURE')) return signature;
  const why = said.trim().split('\n').at(-1) ?? '';
  throw new CliError(exitCodes.usage, 'SSH_KEY_UNUSABLE', `ssh-keygen does not sign with ${keyFile}: ${why}`, {
    hint: 'Name the private key, or the .pub file of a key that ssh-agent holds',
  });
}

import { randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import type { StackHome } from './stack-home.ts';

/** Writes a random secret (64 hex digits, mode 0600) unless the file is there; whole or not at all. */
export async function ensureSecret(file: string): Promise<void> {
  const staged = `${file}.${randomBytes(6).toString('hex')}`;
  await writeFile(staged, randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' });
  try {
    await link(staged, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(staged);
  }
}

/** Makes what the stack's parts prove themselves with, once per home. */
export async function ensureSecrets(home: StackHome): Promise<void> {
  for (const file of [
    home.webhookSecretFile,
    home.keyPassphraseFile,
    home.builderPassphraseFile,
    home.postgresPasswordFile,
  ])
    await ensureSecret(file);
}

/** Throws when the file is missing; never put the result in a message. */
export async function readSecret(file: string): Promise<string> {
  return (await readFile(file, 'utf8')).trim();
}

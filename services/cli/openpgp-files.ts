/** Detached OpenPGP signatures on files, as gpg makes and takes them. The library is loaded only here: nobody else waits for it. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import { rejectionAdvice } from './rejection-advice.ts';
import { keyPassphrase, readUserFile } from './signing-key.ts';

const usage = (error: unknown): unknown => {
  const { code, message } = error as { code?: unknown; message: string };
  return typeof code === 'string' && code.startsWith('OPENPGP_')
    ? new CliError(exitCodes.usage, code, message, { cause: error })
    : error;
};

/** Signs a file with an OpenPGP private key (armored; passphrase from the environment). */
export async function signWithOpenpgp(
  file: string,
  keyFile: string | undefined,
  signatureFile: string,
  io: CliIo,
): Promise<void> {
  if (keyFile === undefined)
    throw new CliError(
      exitCodes.usage,
      'OPTIONS_INCOMPLETE',
      'an OpenPGP signature is made with --key FILE and --signature FILE: give both',
    );
  const { isOpenpgpPrivateKey, openPrivateKey, signDetached } = await import('../../adapters/openpgp/sign-detached.ts');
  const text = (await readUserFile(keyFile, io)).toString('utf8');
  if (!isOpenpgpPrivateKey(text))
    throw new CliError(
      exitCodes.usage,
      'OPENPGP_KEY_UNREADABLE',
      `${keyFile}: --signature takes an OpenPGP private key in armor`,
      {
        hint: 'gpg --export-secret-keys --armor ID > key.asc; for other keys use --bundle',
      },
    );
  const data = await readUserFile(file, io);
  try {
    const key = await openPrivateKey(text, keyFile, keyPassphrase(io));
    await writeFile(path.resolve(io.cwd, signatureFile), await signDetached(data, key, io.now?.() ?? new Date()));
  } catch (error) {
    throw usage(error);
  }
  io.err.write(`wrote ${signatureFile}\n`);
}

/** Verifies a detached signature over a file against a keyring; says what came of it. */
export async function verifyWithOpenpgp(
  file: string,
  { keyring, signature }: { readonly keyring?: string; readonly signature?: string },
  asJson: boolean,
  io: CliIo,
): Promise<boolean> {
  if (keyring === undefined || signature === undefined)
    throw new CliError(
      exitCodes.usage,
      'OPTIONS_INCOMPLETE',
      'an OpenPGP signature is checked with --keyring FILE and --signature FILE: give both',
    );
  const { readKeyring, verifyDetached } = await import('../../adapters/openpgp/verify-detached.ts');
  const data = await readUserFile(file, io);
  const made = await readUserFile(signature, io);
  const keys = await readKeyring(await readUserFile(keyring, io), keyring).catch((error: unknown) => {
    throw usage(error);
  });
  const result = await verifyDetached(data, made, keys, io.now?.() ?? new Date());
  const next = result.outcome === 'rejected' ? rejectionAdvice(result.code) : undefined;
  const verified = result.outcome === 'verified';
  if (asJson)
    io.out.write(
      `${JSON.stringify({ target: file, signature, verified, ...result, ...(next === undefined ? {} : { next }) }, null, 2)}\n`,
    );
  else if (result.outcome === 'verified')
    io.out.write(
      `${file}\n  verified  ${signature}  ${result.fingerprint}  ${result.userId}  (it says ${result.signedAt})\n`,
    );
  else
    io.out.write(
      `${file}\n  rejected  ${signature}  ${result.code}: ${result.reason}\n${next === undefined ? '' : `What to do:\n  ${result.code}: ${next}\n`}`,
    );
  return verified;
}

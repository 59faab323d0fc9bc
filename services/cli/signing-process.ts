/** Signing a build in a process of its own (sign-build.ts): the one that runs recipes never opens the key. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { formatSigningRequest, parseSigningAnswer } from '../../adapters/builder/signing-messages.ts';
import { KeyError, type KeyErrorCode } from '../../adapters/sigstore/key-error.ts';
import type { BuildSigner } from '../../domain/building/build-signer.ts';
import { BuildError } from '../../domain/building/builder.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import { keyPassphrase } from './signing-key.ts';

/** What the process is told. */
export interface SigningOrder {
  /** Absolute path of the key's file, and how the user named it. */
  readonly key: string;
  readonly name: string;
  readonly passphrase?: string;
  readonly builderId: string;
  readonly builderHost: string;
  readonly buildFolder: string;
  /** A SigningRequest as JSON; without one, the key is opened and that is all. */
  readonly request?: string;
}

/** What it answers. */
export type SigningAnswer =
  | { readonly keyId: string }
  | { readonly answer: string }
  | { readonly unreadable: string }
  | { readonly keyError: { readonly code: KeyErrorCode; readonly message: string } };

const ENTRY = fileURLToPath(new URL('sign-build.ts', import.meta.url));

/** `--key` of `build`. */
export interface SigningProcess extends BuildSigner {
  /** Fails before the work, not after: throws a CliError or KeyError where the key cannot be opened. */
  check(): Promise<void>;
}

export function createSigningProcess(
  file: string,
  about: Pick<SigningOrder, 'builderId' | 'builderHost' | 'buildFolder'>,
  io: CliIo,
): SigningProcess {
  const passphrase = keyPassphrase(io);
  const order: SigningOrder = {
    ...about,
    ...{ key: path.resolve(io.cwd, file), name: file },
    ...(passphrase === undefined ? {} : { passphrase }),
  };
  const ask = async (more: { request?: string }): Promise<SigningAnswer> => {
    const answer = await runSigning({ ...order, ...more }, io.signal);
    if ('keyError' in answer) throw new KeyError(answer.keyError.code, answer.keyError.message);
    if ('unreadable' in answer)
      throw new CliError(exitCodes.usage, 'FILE_UNREADABLE', `cannot read ${file}: ${answer.unreadable}`);
    return answer;
  };
  return {
    check: async () => void (await ask({})),
    async sign(request) {
      const answered = await ask({ request: formatSigningRequest(request) });
      return parseSigningAnswer('answer' in answered ? answered.answer : '');
    },
  };
}

async function runSigning(order: SigningOrder, signal: AbortSignal): Promise<SigningAnswer> {
  // On standard input: neither the list of processes nor their environments show it.
  const child = spawn(process.execPath, [ENTRY], { env: {}, stdio: ['pipe', 'pipe', 'ignore'], signal });
  const closed = once(child, 'close');
  child.stdin.on('error', () => undefined);
  child.stdin.end(JSON.stringify(order));
  const [out] = await Promise.all([text(child.stdout), closed]);
  try {
    return JSON.parse(out) as SigningAnswer;
  } catch (cause) {
    throw new BuildError('SIGNER_UNREACHABLE', 'the process that signs ended without an answer', { cause });
  }
}

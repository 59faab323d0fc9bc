/**
 * The process that holds the key of `pratique build`: started when no recipe runs, told on standard input what to do, gone when it
 * has answered. See signing-process.ts.
 */
import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { createLocalBuildSigner } from '../../adapters/builder/local-build-signer.ts';
import { formatRefusal, formatSignedBuild, parseSigningRequest } from '../../adapters/builder/signing-messages.ts';
import { createBundleSigner } from '../../adapters/sigstore/bundle-signer.ts';
import { KeyError } from '../../adapters/sigstore/key-error.ts';
import { readLocalSigner } from '../../adapters/sigstore/local-signer.ts';
import type { SigningAnswer, SigningOrder } from './signing-process.ts';

async function obey(order: SigningOrder): Promise<SigningAnswer> {
  const pem = await readFile(order.key, 'utf8').catch((error: Error) => error);
  if (pem instanceof Error) return { unreadable: pem.message };
  try {
    const signer = await readLocalSigner(pem, order.name, async () => order.passphrase);
    if (order.request === undefined) return { keyId: signer.keyId };
    const { builderId, builderHost, buildFolder } = order;
    const builds = createLocalBuildSigner({
      ...{ signer, bundleSigner: createBundleSigner() },
      ...{ builderId, builderHost, buildFolder },
    });
    return { answer: formatSignedBuild(await builds.sign(parseSigningRequest(order.request))) };
  } catch (error) {
    return error instanceof KeyError
      ? { keyError: { code: error.code, message: error.message } }
      : { answer: formatRefusal(error) };
  }
}

process.stdout.write(JSON.stringify(await obey(JSON.parse(await text(process.stdin)) as SigningOrder)));

import { Option } from 'commander';
import { createBundleSigner, signMessage } from '../../../adapters/sigstore/bundle-signer.ts';
import { createCosignSignature } from '../../../domain/trust/cosign-signature.ts';
import { openSigningTarget } from '../evidence-target.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { publishBundle, requireBundleFile } from '../publish-bundle.ts';
import { openSigningKey } from '../signing-key.ts';
import { asTrustFailure } from '../trust-failure.ts';
import type { Verb } from '../verb.ts';

const HELP = `
The passphrase of an encrypted key is read from PRATIQUE_KEY_PASSPHRASE or COSIGN_PASSWORD.
"cosign verify --key K.pub --insecure-ignore-tlog=true" accepts what this signs.
An image in an OCI layout (a folder, with :tag or @sha256:… where it holds several) is signed by its digest, into --bundle.

Examples:
  pratique sign localhost:5000/shop:1.0 --key cosign.key
  pratique sign shop.tar.gz --key cosign.key --bundle shop.tar.gz.sigstore.json`;

async function sign(argument: string, options: { key: string; bundle?: string }, io: CliIo): Promise<void> {
  const signer = await openSigningKey(options.key, io);
  const target = await openSigningTarget(argument, io);
  requireBundleFile(target, options.bundle);
  const statement = createCosignSignature(target.digest);
  const bundle =
    target.kind === 'file'
      ? await signMessage(target.bytes, signer)
      : await createBundleSigner().sign(statement, signer);
  await publishBundle(target, bundle, statement.predicateType, options.bundle, io);
}

/** `pratique sign`: a cosign signature for an image, or a signature over a file. */
export const verb: Verb = {
  define(command, { io, done }) {
    command
      .argument('<target>', 'an image with its registry, an OCI layout, or a file')
      .addOption(
        new Option(
          '--key <key>',
          'private key: a file (PEM, or as cosign encrypts it), env://, pkcs11:, awskms:// or hashivault://',
        )
          .env('PRATIQUE_KEY')
          .makeOptionMandatory(),
      )
      .addOption(new Option('--bundle <file>', 'write the Sigstore bundle here').env('PRATIQUE_BUNDLE'))
      .addHelpText('after', HELP)
      .action(async (target: string, options: { key: string; bundle?: string }) => {
        try {
          await sign(target, options, io);
          done(exitCodes.pass);
        } catch (error) {
          throw asTrustFailure(error);
        }
      });
  },
};

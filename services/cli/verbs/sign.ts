import { type Command, Option } from 'commander';
import { createCosignSignature } from '../../../domain/trust/cosign-signature.ts';
import { chooseWay, type GivenFlag } from '../choose-way.ts';
import { CliError } from '../cli-error.ts';
import { addDualSigningOptions, type DualSigningOptions, openPostQuantumSigner } from '../dual-signing.ts';
import { eachPlatform } from '../each-platform.ts';
import { openSigningTarget } from '../evidence-target.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { addNotationSignOptions, type NotationSignOptions } from '../notation-options.ts';
import { signWithOpenpgp } from '../openpgp-files.ts';
import { publishBundle, requireBundleFile } from '../publish-bundle.ts';
import { type SignatureWay, signatureWays } from '../signature-ways.ts';
import { addSigningOptions, openWitnessedSigner, type SigningOptions } from '../signing-options.ts';
import { asTrustFailure } from '../trust-failure.ts';
import type { Verb } from '../verb.ts';

const HELP = `
The passphrase of an encrypted key is read from PRATIQUE_KEY_PASSPHRASE or COSIGN_PASSWORD.
"cosign verify --key K.pub --insecure-ignore-tlog=true" accepts what this signs.
An image in an OCI layout (a folder, with :tag or @sha256:… where it holds several) is signed by its digest, into --bundle; with
--format notation into the layout itself.
Of any other folder the checksums of its files are signed, as sha256sum lists them by name.
Without --key, who signs is named by a token: a certificate authority certifies it for minutes, and the logs and timestamp authorities
of --signing-config witness when. Where one of them does not answer nothing is signed, and the exit code is 3.
With --format notation an image is signed as "notation sign" does, with an ECDSA key and the certificates that vouch for it.
With --post-quantum-key the same bytes are signed twice, into two bundles; "pratique verify --signatures all" wants both.
One command makes one kind of signature: flags of two are refused.

Examples:
  pratique sign localhost:5000/shop:1.0 --key cosign.key
  pratique sign localhost:5000/shop:1.0 --key cosign.key --post-quantum-key ml-dsa.key
  pratique sign localhost:5000/shop:1.0 --format notation --key shop.key --certificate-chain shop-chain.pem --expiry P90D
  pratique sign localhost:5000/shop:1.0 --recursive --key "pkcs11:token=release;object=admission?module-path=/usr/lib/softhsm/libsofthsm2.so"
  pratique sign localhost:5000/shop:1.0 --signing-config signing_config.json --trusted-root trusted_root.json
  pratique sign shop.tar.gz --key cosign.key --bundle shop.tar.gz.sigstore.json
  pratique sign bom.json --key release.asc --signature bom.json.asc       (gpg --verify bom.json.asc bom.json)`;

interface SignOptions extends SigningOptions, NotationSignOptions, DualSigningOptions {
  readonly bundle?: string;
  readonly recursive?: boolean;
  readonly signature?: string;
}

/** Which signatures a flag is for. What only says more about Notation's asks for none of them where it is a variable. */
function waysOf({ key, value, by }: GivenFlag): readonly SignatureWay[] {
  switch (key) {
    case 'key':
      return signatureWays;
    case 'signature':
      return ['openpgp'];
    case 'recursive':
      return ['sigstore', 'notation'];
    case 'format':
      return [value === 'notation' ? 'notation' : 'sigstore'];
    case 'certificateChain':
    case 'expiry':
      return by === 'variable' ? signatureWays : ['notation'];
    default:
      return ['sigstore'];
  }
}

async function sign(argument: string, command: Command, io: CliIo): Promise<void> {
  const { way, options } = chooseWay<SignatureWay, SignOptions>(command, signatureWays, waysOf);
  switch (way) {
    case 'openpgp':
      return signWithOpenpgp(argument, options.key, options.signature ?? '', io);
    case 'notation': {
      if (options.format === undefined)
        throw new CliError(
          exitCodes.usage,
          'OPTIONS_INCOMPLETE',
          "--certificate-chain and --expiry are of Notation's signatures: ask for one with --format notation",
        );
      const { signWithNotation } = await import('../notation-signatures.ts');
      return signWithNotation(argument, options, io);
    }
    case 'sigstore':
      return signWithSigstore(argument, command, options, io);
  }
}

async function signWithSigstore(argument: string, command: Command, options: SignOptions, io: CliIo): Promise<void> {
  const signer = await openWitnessedSigner(command, options, io);
  const target = await openSigningTarget(argument, io);
  await requireBundleFile(target, options, io);
  const second = await openPostQuantumSigner(command, target.kind === 'image', io);
  const { predicateType } = createCosignSignature(target.digest);
  const targets = options.recursive === true ? await eachPlatform(target) : [target];
  if (target.kind === 'file') {
    const bundle = await signer.signFile(target.bytes);
    await publishBundle(target, bundle, predicateType, options.bundle, io);
    if (second !== undefined)
      await publishBundle(target, await second.signFile(target.bytes), predicateType, options.postQuantumBundle, io);
    return;
  }
  for (const each of targets) {
    // One file holds one bundle: that of the image which was named.
    const isNamed = each.digest === target.digest;
    const statement = createCosignSignature(each.digest);
    const bundle = await signer.signStatement(statement);
    await publishBundle(each, bundle, predicateType, isNamed ? options.bundle : undefined, io);
    if (second === undefined) continue;
    const file = isNamed ? options.postQuantumBundle : undefined;
    await publishBundle(each, await second.signStatement(statement), predicateType, file, io);
  }
}

/** `pratique sign`: a cosign signature for an image, or a signature over a file. */
export const verb: Verb = {
  define(command, { io, done }) {
    addDualSigningOptions(addNotationSignOptions(addSigningOptions(command)))
      .argument('<target>', 'an image with its registry, an OCI layout, a file or a folder')
      .addOption(new Option('--bundle <file>', 'write the Sigstore bundle here').env('PRATIQUE_BUNDLE'))
      .addOption(new Option('-r, --recursive', 'of an index every platform, then the index').env('PRATIQUE_RECURSIVE'))
      .addOption(
        new Option('--signature <file>', 'sign a file with an OpenPGP key, and write the detached signature here').env(
          'PRATIQUE_SIGNATURE',
        ),
      )
      .addHelpText('after', HELP)
      .action(async (target: string) => {
        try {
          await sign(target, command, io);
          done(exitCodes.pass);
        } catch (error) {
          throw asTrustFailure(error);
        }
      });
  },
};

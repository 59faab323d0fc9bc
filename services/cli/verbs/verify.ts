import type { Command } from 'commander';
import { chooseWay, type GivenFlag } from '../choose-way.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { verifyWithOpenpgp } from '../openpgp-files.ts';
import { type SignatureWay, signatureWays } from '../signature-ways.ts';
import { asTrustFailure } from '../trust-failure.ts';
import type { Verb } from '../verb.ts';
import { addVerifyOptions, type VerifyOptions } from '../verify-options.ts';
import { verifyWithSigstore } from '../verify-with-sigstore.ts';

const HELP = `
Without --type the evidence wanted is a cosign signature; other evidence of the same key does not count for it.
Exit code 0 when evidence verified, 1 when none did, 2 for usage, 3 when the registry cannot be read.
A layout is a folder or a tar of one, with :tag or @sha256:… where it holds several images; its evidence is what is copied with
it (oras copy -r). What "docker save" wrote has none. With --bundle, a tar is a file like any other.
A document too large for a statement is signed by reference: it is fetched from the same registry, compared with the digest that
is signed, and counts for its own type.
A verification summary (--type vsa) counts only where it says PASSED, about the repository of the image that was named.
Provenance (--type slsaprovenance for either version) is shown with builder, source and SLSA Build level, and why that is no higher;
what it must say is pinned with --builder-id, --source-uri, --source-ref, --source-commit, --entry-point and --build-level.
Flags about provenance or a summary are refused where --type asks for neither.
Signatures and attestations under cosign's older tags (sha256-….sig, .att) are read as well.
With --notation-trust-policy what "notation sign" attached is verified instead, in JWS or COSE, under that policy and its trust store;
whom a certificate below a trusted root names is asked whether it is revoked (OCSP, then the list), but for --offline and what
--notation-crl answers; where nobody says so it is REVOCATION_UNKNOWN, unless the policy logs or skips it.
One command verifies one kind of signature: flags of two are refused, and flags count more than the variables of another kind.
An identity by regular expression must say where it begins and ends (^…$): one that does not is refused.
-o json says of each piece of evidence who signed it, when that was shown, and in which log it can be looked up.
Transparency logs are never asked: with --trusted-root their entries inside a bundle are checked offline.

Examples:
  pratique verify localhost:5000/prod/shop:1.0 --key admission-prod.pub
  pratique verify localhost:5000/prod/shop:1.0 --key admission-prod.pub --type vsa --max-age P7D
  pratique verify localhost:5000/prod/shop:1.0 --key evidence.pub --type cyclonedx -o json
  pratique verify localhost:5000/prod/shop:1.0 --key release.pub --key release-ml-dsa.pub --signatures all
  pratique verify ./shop-layout:1.0 --key admission-prod.pub
  pratique verify localhost:5000/shop:1.0 --notation-trust-policy ~/.config/notation/trustpolicy.json
  pratique verify shop.tar.gz --key cosign.pub --bundle shop.tar.gz.sigstore.json
  pratique verify gh_2.0.0_linux_amd64.tar.gz --github-repo cli/cli --type slsaprovenance --tuf-mirror https://tuf-repo-cdn.sigstore.dev \\
    --certificate-identity-regexp '^https://github\\.com/cli/cli/\\.github/workflows/.*$' \\
    --certificate-oidc-issuer https://token.actions.githubusercontent.com
  pratique verify bom.json --keyring release.gpg --signature bom.json.asc
  pratique verify sigstore-3.0.0.tgz --bundle attestations.json --type slsaprovenance --trusted-root trusted_root.json \\
    --source-uri https://github.com/sigstore/sigstore-js --build-level 2 \\
    --certificate-identity-regexp '^https://github\\.com/sigstore/sigstore-js/.*$' \\
    --certificate-oidc-issuer https://token.actions.githubusercontent.com
  pratique verify ghcr.io/acme/shop:1.0 --trusted-root trusted_root.json --type slsaprovenance1 \\
    --certificate-identity-regexp '^https://github\\.com/acme/shop/\\.github/workflows/.*@refs/tags/v[0-9.]+$' \\
    --certificate-oidc-issuer https://token.actions.githubusercontent.com`;

const forAll = new Set(['output', 'json', 'offline']);

/** Whose signatures a flag asks for. What only says more about Notation's asks for none of them where it is a variable. */
function waysOf({ key, by }: GivenFlag): readonly SignatureWay[] {
  if (forAll.has(key)) return signatureWays;
  if (key === 'keyring' || key === 'signature') return ['openpgp'];
  if (!key.startsWith('notation')) return ['sigstore'];
  return by === 'variable' && key !== 'notationTrustPolicy' ? signatureWays : ['notation'];
}

async function verify(argument: string, command: Command, io: CliIo): Promise<boolean> {
  const { way, options } = chooseWay<SignatureWay, VerifyOptions>(command, signatureWays, waysOf);
  const asJson = options.json === true || options.output === 'json';
  switch (way) {
    case 'openpgp':
      return verifyWithOpenpgp(argument, options, asJson, io);
    case 'notation': {
      const { verifyWithNotation } = await import('../notation-signatures.ts');
      return verifyWithNotation(argument, options, asJson, io);
    }
    case 'sigstore':
      return verifyWithSigstore(argument, command, options, asJson, io);
  }
}

/** `pratique verify`: checks evidence against named signers, without a server. */
export const verb: Verb = {
  define(command, { io, done }) {
    addVerifyOptions(command)
      .argument('<target>', 'an image with its registry, an OCI layout (folder or archive), or a file')
      .addHelpText('after', HELP)
      .action(async (target: string) => {
        try {
          done((await verify(target, command, io)) ? exitCodes.pass : exitCodes.fail);
        } catch (error) {
          throw asTrustFailure(error);
        }
      });
  },
};

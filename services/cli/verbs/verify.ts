import { type Command, InvalidArgumentError, Option } from 'commander';
import { readCosignTags, type TaggedEvidence } from '../../../adapters/sigstore/cosign-tags.ts';
import { readEvidence } from '../../../adapters/sigstore/read-evidence.ts';
import type { Digest } from '../../../domain/artifact/digest.ts';
import { durationSchema } from '../../../domain/policy/duration.ts';
import type { SummaryQuestion } from '../../../domain/trust/check-summary.ts';
import { type SignaturePolicy, signaturePolicies } from '../../../domain/trust/dual-signatures.ts';
import { parsePredicateName, predicateNames } from '../../../domain/trust/predicate-name.ts';
import { predicateTypes } from '../../../domain/trust/statement.ts';
import { chooseWay, type GivenFlag } from '../choose-way.ts';
import { CliError } from '../cli-error.ts';
import { formatEvidence } from '../evidence-table.ts';
import { type DigestTarget, type EvidenceTarget, openEvidenceSubject, openEvidenceTarget } from '../evidence-target.ts';
import { exitCodes } from '../exit-codes.ts';
import { addGithubOptions, type GithubOptions, readGithubBundles } from '../github-options.ts';
import type { CliIo } from '../io.ts';
import {
  type CheckedEvidence,
  countSignatures,
  judgeEvidence,
  judgeSimpleSigning,
  type WantedEvidence,
} from '../judge-evidence.ts';
import { addNotationVerifyOptions, type NotationVerifyOptions } from '../notation-options.ts';
import { verifyWithOpenpgp } from '../openpgp-files.ts';
import {
  addProvenanceOptions,
  type ProvenanceOptions,
  provenanceQuestion,
  wantedTypes,
} from '../provenance-options.ts';
import { readUserBundles } from '../read-user-bundles.ts';
import { createDocumentFinder } from '../referenced-documents.ts';
import { refuseAttached } from '../refuse-attached.ts';
import { withAdvice } from '../rejection-advice.ts';
import { addSignerOptions, readTrustedSigners, type SignerOptions } from '../signer-options.ts';
import { asTrustFailure } from '../trust-failure.ts';
import type { Verb } from '../verb.ts';

interface VerifyOptions extends SignerOptions, ProvenanceOptions, GithubOptions, NotationVerifyOptions {
  readonly type?: string;
  readonly bundle?: string;
  readonly postQuantumBundle?: string;
  readonly signatures: SignaturePolicy;
  readonly keyring?: string;
  readonly signature?: string;
  readonly resourceUri?: string;
  readonly verifierId?: string;
  readonly maxAge?: number;
  readonly output: 'text' | 'json';
  readonly json?: boolean;
}

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

/** ISO 8601, in seconds. */
function parseMaximumAge(text: string): number {
  const parsed = durationSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError('Expected an ISO 8601 duration: PT12H, P7D.');
}

/** Who is trusted, and for which predicate type. Throws a CliError where the options name nobody. */
async function readWanted(options: VerifyOptions, io: CliIo): Promise<WantedEvidence> {
  const predicateType = parsePredicateName(options.type ?? 'signature');
  if (predicateType === undefined)
    throw new CliError(
      exitCodes.usage,
      'TYPE_UNKNOWN',
      `--type ${options.type}: not a URI and none of ${predicateNames.join(', ')}`,
    );
  const types = wantedTypes(options.type, predicateType);
  return {
    ...(await readTrustedSigners(options, io)),
    predicateTypes: types,
    provenance: provenanceQuestion(types, options),
  };
}

const everything = { limit: 1000, known: new Set<Digest>() };

/** Where documents that are signed by reference are looked for. */
function documentsOf(target: EvidenceTarget | DigestTarget): Pick<WantedEvidence, 'documents'> {
  if (target.kind !== 'image' && target.kind !== 'layout') return {};
  const host = target.kind === 'image' ? target.host : undefined;
  return { documents: createDocumentFinder(target.registry, target, host) };
}

type Found =
  | { readonly kind: 'bundle'; readonly source: string; readonly bytes: Uint8Array }
  | { readonly kind: 'refused'; readonly evidence: CheckedEvidence }
  | Exclude<TaggedEvidence, { kind: 'attestation' }>;

async function* readBundles(
  target: EvidenceTarget | DigestTarget,
  options: VerifyOptions,
  io: CliIo,
): AsyncGenerator<Found> {
  const { githubRepo } = options;
  const fromGithub = await readGithubBundles(options, target.digest, io);
  for (const [index, bytes] of fromGithub.entries())
    yield { kind: 'bundle', source: `github:${githubRepo}#${index + 1}`, bytes };
  if (options.bundle !== undefined) {
    for (const file of [options.bundle, options.postQuantumBundle]) {
      if (file === undefined) continue;
      const bundles = await readUserBundles(file, io);
      for (const [index, bytes] of bundles.entries())
        yield { kind: 'bundle', source: bundles.length === 1 ? file : `${file}#${index + 1}`, bytes };
    }
  } else if (target.kind === 'file' || target.kind === 'digest') {
    if (githubRepo !== undefined) return;
    throw new CliError(
      exitCodes.usage,
      'BUNDLE_NOT_NAMED',
      `${target.name} is a file: name its evidence with --bundle, or who may have it with --github-repo`,
    );
  } else {
    const { registry, repository, digest } = target;
    const tagged = target.kind === 'image' ? readCosignTags(target.registry, repository, digest) : [];
    for await (const found of readEvidence(registry, repository, digest, everything))
      if (found.kind === 'bundle') yield { kind: 'bundle', source: found.manifest, bytes: found.bytes };
      else if (found.kind !== 'envelope') yield { kind: 'refused', evidence: refuseAttached(found, target.name) };
    for await (const found of tagged)
      yield found.kind === 'attestation' ? { kind: 'bundle', source: found.source, bytes: found.bundle } : found;
  }
}

async function judge(
  found: Found,
  target: EvidenceTarget | DigestTarget,
  wanted: WantedEvidence,
): Promise<CheckedEvidence> {
  switch (found.kind) {
    case 'bundle':
      return judgeEvidence(found, target, wanted);
    case 'signature':
      return judgeSimpleSigning(found, target, wanted);
    case 'refused':
      return found.evidence;
    case 'unreadable':
      return { source: found.source, outcome: 'rejected', code: 'UNREADABLE', reason: found.reason };
  }
}

const NO_EVIDENCE_INSIDE =
  'this layout has no evidence in it: copy it with the image (oras copy -r --to-oci-layout), or name it with --bundle\n';
/** A summary counts where it is used: for an image, in the repository it was named in. */
function summaryQuestion(
  types: readonly string[],
  target: EvidenceTarget | DigestTarget,
  { resourceUri, verifierId, maxAge }: VerifyOptions,
): SummaryQuestion | undefined {
  if (!types.includes(predicateTypes.vsa)) return undefined;
  const place =
    resourceUri ?? (target.kind === 'image' ? target.name.slice(0, target.name.lastIndexOf('@')) : undefined);
  if (place === undefined)
    throw new CliError(
      exitCodes.usage,
      'OPTIONS_INCOMPLETE',
      'a verification summary is about one place: name it with --resource-uri REGISTRY/REPOSITORY',
    );
  return { resourceUri: place, verifier: verifierId, maximumAge: maxAge, now: new Date().toISOString() };
}

const ways = ['sigstore', 'notation', 'openpgp'] as const;
const forAll = new Set(['output', 'json', 'offline']);

/** Whose signatures a flag asks for. What only says more about Notation's asks for none of them where it is a variable. */
function waysOf({ key, by }: GivenFlag): readonly (typeof ways)[number][] {
  if (forAll.has(key)) return ways;
  if (key === 'keyring' || key === 'signature') return ['openpgp'];
  if (!key.startsWith('notation')) return ['sigstore'];
  return by === 'variable' && key !== 'notationTrustPolicy' ? ways : ['notation'];
}

async function verify(argument: string, command: Command, io: CliIo): Promise<boolean> {
  const { way, options } = chooseWay<(typeof ways)[number], VerifyOptions>(command, ways, waysOf);
  const asJson = options.json === true || options.output === 'json';
  switch (way) {
    case 'openpgp':
      return verifyWithOpenpgp(argument, options, asJson, io);
    case 'notation': {
      const { verifyWithNotation } = await import('../notation-signatures.ts');
      return verifyWithNotation(argument, options, asJson, io);
    }
    case 'sigstore':
      return verifyWithSigstore(argument, options, asJson, io);
  }
}

async function verifyWithSigstore(
  argument: string,
  options: VerifyOptions,
  asJson: boolean,
  io: CliIo,
): Promise<boolean> {
  if (options.postQuantumBundle !== undefined && options.bundle === undefined)
    throw new CliError(
      exitCodes.usage,
      'OPTIONS_INCOMPLETE',
      '--post-quantum-bundle is the second of two files: name the first with --bundle',
    );
  const named = await readWanted(options, io);
  const open = options.bundle === undefined ? openEvidenceTarget : openEvidenceSubject;
  const target = await open(argument, io);
  const wanted = {
    ...named,
    ...documentsOf(target),
    summary: summaryQuestion(named.predicateTypes, target, options),
  };
  const checked: CheckedEvidence[] = [];
  try {
    for await (const found of readBundles(target, options, io)) checked.push(await judge(found, target, wanted));
  } finally {
    if (target.kind === 'layout') await target.dispose();
  }
  if (target.kind === 'layout' && checked.length === 0) io.err.write(NO_EVIDENCE_INSIDE);
  const counted = countSignatures(checked, options.signatures);
  const verified = counted.some(({ outcome }) => outcome === 'verified');
  const { name, digest } = target;
  const type = wanted.predicateTypes.join(' or ');
  if (asJson)
    io.out.write(
      `${JSON.stringify({ target: name, digest, type, verified, evidence: withAdvice(counted) }, null, 2)}\n`,
    );
  else io.out.write(formatEvidence(name, type, counted));
  return verified;
}

/** `pratique verify`: checks evidence against named signers, without a server. */
export const verb: Verb = {
  define(command, { io, done }) {
    addNotationVerifyOptions(addGithubOptions(addProvenanceOptions(addSignerOptions(command))))
      .argument('<target>', 'an image with its registry, an OCI layout (folder or archive), or a file')
      .addOption(
        new Option('--type <type>', `predicate type wanted: ${predicateNames.join('|')} or a URI`).env('PRATIQUE_TYPE'),
      )
      .addOption(
        new Option(
          '--bundle <file>',
          'the evidence to check, instead of what is in the registry: a Sigstore bundle, lines of them, what npm, PyPI or GitHub answer',
        ).env('PRATIQUE_BUNDLE'),
      )
      .addOption(
        new Option(
          '--signatures <policy>',
          'any: one by a trusted key is enough; all: a classical and an ML-DSA-65 key signed the same bytes; classical: those of ML-DSA-65 do not count',
        )
          .choices(signaturePolicies)
          .default('any')
          .env('PRATIQUE_SIGNATURES'),
      )
      .addOption(
        new Option('--post-quantum-bundle <file>', 'with --bundle: the second signature, by a post-quantum key').env(
          'PRATIQUE_POST_QUANTUM_BUNDLE',
        ),
      )
      .addOption(
        new Option('--keyring <file>', 'OpenPGP keys, as gpg --export writes them; with --signature').env(
          'PRATIQUE_KEYRING',
        ),
      )
      .addOption(new Option('--signature <file>', 'detached OpenPGP signature over the file').env('PRATIQUE_SIGNATURE'))
      .addOption(
        new Option(
          '--resource-uri <uri>',
          'with --type vsa: what the summary must be about (default: the repository of the image)',
        ).env('PRATIQUE_RESOURCE_URI'),
      )
      .addOption(
        new Option('--verifier-id <uri>', 'with --type vsa: who must have made the summary').env(
          'PRATIQUE_VERIFIER_ID',
        ),
      )
      .addOption(
        new Option('--max-age <duration>', 'with --type vsa: how old it may be, as P7D or PT12H')
          .argParser(parseMaximumAge)
          .env('PRATIQUE_MAX_AGE'),
      )
      .addOption(
        new Option(
          '--offline',
          'ask nobody but the registry: of --tuf-mirror what is kept is used while it is valid, and of revoked certificates --notation-crl',
        ).env('PRATIQUE_OFFLINE'),
      )
      .addOption(
        new Option('-o, --output <format>', 'of the result')
          .choices(['text', 'json'])
          .default('text')
          .env('PRATIQUE_OUTPUT'),
      )
      .addOption(new Option('--json', 'the same as -o json, and errors as JSON').env('PRATIQUE_JSON'))
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

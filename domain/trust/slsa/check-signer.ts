import { canonicalSource } from '../../policy/source-address.ts';
import type { SignerIdentity, VerificationProof } from '../evidence.ts';
import type { ProvenanceSource } from './material.ts';
import type { LevelLimit, SlsaProvenance } from './provenance.ts';

const GITHUB_ISSUER = 'https://token.actions.githubusercontent.com';
/** Fulcio's extensions that say what was built, and where (fulcio/docs/oid-info.md). */
const RUNNER = '1.3.6.1.4.1.57264.1.11';
const SOURCE_REPOSITORY = '1.3.6.1.4.1.57264.1.12';
const SOURCE_DIGEST = '1.3.6.1.4.1.57264.1.13';
const SOURCE_REF = '1.3.6.1.4.1.57264.1.14';
/** `owner/name` on GitHub: all that certificates from before 2023 have. */
const WORKFLOW_REPOSITORY = '1.3.6.1.4.1.57264.1.5';

/**
 * What keeps a build below level 3 by who signed its provenance, whatever that says of itself: another builder than the one it names,
 * a runner of somebody's own, a job of the repository it builds. `limits`: those that are known, which are not said twice.
 * Keys and the certificates of Notation say nothing.
 */
export function checkSigner(
  identity: SignerIdentity,
  { builderId, limits }: Pick<SlsaProvenance, 'builderId' | 'limits'>,
  proof: VerificationProof | undefined,
): LevelLimit[] {
  if (identity.kind !== 'certificate') return [];
  const found = [
    ...limitsOfBuilder(identity, builderId),
    ...limitsOfJob(identity, proof?.certificate?.extensions ?? {}),
  ];
  return found.filter(({ level }) => !limits.some((known) => known.level <= level));
}

type CertificateIdentity = Extract<SignerIdentity, { kind: 'certificate' }>;

function limitsOfBuilder({ subject, issuer }: CertificateIdentity, builderId: string): LevelLimit[] {
  const isWorkflow = /^https:\/\/[^/]+\/[^/]+\/[^/]+\/\.github\/workflows\//.test(builderId);
  if (isWorkflow && subject !== builderId)
    return [{ level: 1, reason: `it was signed as ${subject}, which is not the builder it names` }];
  const isGithub = isWorkflow || builderId.startsWith('https://github.com/actions/runner');
  // Enterprises have issuers of their own below this one.
  if (isGithub && issuer !== GITHUB_ISSUER && !issuer.startsWith(`${GITHUB_ISSUER}/`))
    return [{ level: 1, reason: `it names a builder of GitHub, and ${issuer} vouched for who signed` }];
  return [];
}

/** A job can sign what it likes: its build type is no better witness than itself. */
function limitsOfJob({ subject }: CertificateIdentity, extensions: Readonly<Record<string, string>>): LevelLimit[] {
  const { [RUNNER]: runner, [WORKFLOW_REPOSITORY]: name } = extensions;
  if (runner === 'self-hosted')
    return [{ level: 1, reason: 'its certificate is of a self-hosted runner, which its owner can change' }];
  const repository = extensions[SOURCE_REPOSITORY] ?? (name === undefined ? undefined : `https://github.com/${name}`);
  if (repository === undefined || !subject.toLowerCase().startsWith(`${canonicalSource(repository).toLowerCase()}/`))
    return [];
  return [{ level: 2, reason: 'who signed it is a job of the repository it builds: who writes there writes both' }];
}

type ClaimedSource = { readonly [Name in keyof ProvenanceSource]?: ProvenanceSource[Name] | undefined };

/** Why certificate and provenance cannot both be right: the certificate's repository, commit or ref is another. Undefined where they can. */
export function contradictsCertificate(
  source: ClaimedSource | undefined,
  proof: VerificationProof | undefined,
): string | undefined {
  const { extensions = {} } = proof?.certificate ?? {};
  const { [SOURCE_REPOSITORY]: repository, [SOURCE_DIGEST]: commit, [SOURCE_REF]: ref } = extensions;
  if (repository !== undefined && source?.repository !== undefined && !isSameRepository(repository, source.repository))
    return `it says that ${source.repository} was built, and its certificate is of ${repository}`;
  if (commit !== undefined && source?.commit !== undefined && commit.toLowerCase() !== source.commit)
    return `it says that commit ${source.commit} was built, and its certificate is of commit ${commit}`;
  if (ref !== undefined && source?.ref !== undefined && ref !== source.ref)
    return `it says that ${source.ref} was built, and its certificate is of ${ref}`;
  return undefined;
}

/** The forges that certificates come from tell names apart without case. */
function isSameRepository(one: string, other: string): boolean {
  return canonicalSource(one).toLowerCase() === canonicalSource(other).toLowerCase();
}

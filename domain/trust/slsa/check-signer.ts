import { canonicalSource } from '../../policy/source-address.ts';
import type { SignerIdentity, VerificationProof } from '../evidence.ts';
import type { ProvenanceSource } from './material.ts';
import type { LevelLimit, SlsaProvenance } from './provenance.ts';

const GITHUB_ISSUER = 'https://token.actions.githubusercontent.com';
/** Fulcio's extensions that say what was built (fulcio/docs/oid-info.md). */
const SOURCE_REPOSITORY = '1.3.6.1.4.1.57264.1.12';
const SOURCE_DIGEST = '1.3.6.1.4.1.57264.1.13';
const SOURCE_REF = '1.3.6.1.4.1.57264.1.14';

/** What the certificate says against the builder the provenance names; undefined where nothing. Keys and the certificates of Notation say nothing. */
export function checkSigner(
  identity: SignerIdentity,
  { builderId }: Pick<SlsaProvenance, 'builderId'>,
): LevelLimit | undefined {
  if (identity.kind !== 'certificate') return undefined;
  const isWorkflow = /^https:\/\/[^/]+\/[^/]+\/[^/]+\/\.github\/workflows\//.test(builderId);
  if (isWorkflow && identity.subject !== builderId)
    return { level: 1, reason: `it was signed as ${identity.subject}, which is not the builder it names` };
  const isGithub = isWorkflow || builderId.startsWith('https://github.com/actions/runner');
  // Enterprises have issuers of their own below this one.
  if (isGithub && identity.issuer !== GITHUB_ISSUER && !identity.issuer.startsWith(`${GITHUB_ISSUER}/`))
    return { level: 1, reason: `it names a builder of GitHub, and ${identity.issuer} vouched for who signed` };
  return undefined;
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

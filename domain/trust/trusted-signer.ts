/** Who the policy trusts to sign what, where, and from when to when: the trust root is the policy's `signers`. */

import { ownValue } from '../own-value.ts';
import type { PolicyDocument } from '../policy/document.ts';
import type { Policy } from '../policy/policy.ts';
import { matchesPattern } from '../policy/repository-pattern.ts';
import type { SignerIdentity } from './evidence.ts';
import { parseIdentityPattern } from './identity-pattern.ts';
import { includesName, parseDistinguishedName } from './notation/distinguished-name.ts';
import { parsePredicateName } from './predicate-name.ts';
import { signatureDomain } from './signature-domain.ts';

export type PolicySigner = PolicyDocument['signers'][number];

/** Clocks of honest machines differ by less. */
const SKEW_SECONDS = 300;

/** What a signature is wanted for. */
export interface SignatureUse {
  readonly repository: string;
  /** Undefined where no environment is judged. */
  readonly environment: string | undefined;
  readonly predicateType: string;
  /** Of the artifact; without it, it is taken for an image. */
  readonly kind?: 'image' | 'index' | 'other' | undefined;
  /** By when the signature existed, as a timestamp or log entry proves it (RFC 3339); undefined where nothing does. */
  readonly signedAt: string | undefined;
  /** RFC 3339 */
  readonly now: string;
}

/** Whether a signer of the policy is this identity: the same key, a certificate that fits its pattern, or a name below its roots. */
function isSigner(policy: Policy, signer: PolicySigner, identity: SignerIdentity): boolean {
  if (identity.kind === 'key') return policy.keyIds[signer.name] === identity.keyId;
  if (identity.kind === 'x509') {
    // Roots and terms (timestamps) are each signer's own: what verified under one says nothing of another with the same root.
    const anchor = identity.under === undefined ? identity.root : ownValue(identity.under, signer.name);
    return (
      signer.x509 !== undefined &&
      anchor !== undefined &&
      policy.thumbprints?.[signer.name]?.includes(anchor) === true &&
      includesName(parseDistinguishedName(identity.subject), parseDistinguishedName(signer.x509.subject))
    );
  }
  if (signer.identity === undefined) return false;
  const { subject, subjectRegexp, issuer, issuerRegexp } = signer.identity;
  const pattern = parseIdentityPattern({
    certificateIdentity: subject,
    certificateIdentityRegexp: subjectRegexp,
    certificateOidcIssuer: issuer,
    certificateOidcIssuerRegexp: issuerRegexp,
  });
  return pattern !== undefined && pattern(identity) === undefined;
}

/** The signers of the policy this identity is. */
export function findSigners(policy: Policy, identity: SignerIdentity): PolicySigner[] {
  return policy.document.signers.filter((signer) => isSigner(policy, signer, identity));
}

/**
 * Why a verified signature of `signer` does not count for this use; undefined where it does. A clause, to follow the signer's
 * name: "may sign for shop/** only". Times are compared with five minutes of tolerance, which is said.
 */
export function signerRefusal(signer: PolicySigner, use: SignatureUse): string | undefined {
  const { repositories, environments, statements, domain } = signer;
  const wanted = signatureDomain(use.predicateType, use.kind);
  if (domain !== undefined && domain !== wanted) return `signs ${domain} only, and this is one of ${wanted}`;
  if (repositories !== undefined && !repositories.some((pattern) => matchesPattern(pattern, use.repository)))
    return `signs for ${repositories.join(', ')} only`;
  if (environments !== undefined && use.environment !== undefined && !environments.includes(use.environment))
    return `signs for ${environments.join(', ')} only, not for ${use.environment}`;
  if (statements !== undefined && !statements.some((name) => parsePredicateName(name) === use.predicateType))
    return `signs ${statements.join(', ')} only`;
  return timeRefusal(signer, use);
}

function timeRefusal(
  { from, until, state, revokedAt }: PolicySigner,
  { signedAt, now }: SignatureUse,
): string | undefined {
  const at = (time: string) => Date.parse(time) / 1000;
  if (signedAt !== undefined && at(signedAt) > at(now) + SKEW_SECONDS)
    return `signed at ${signedAt}, which is still to come: check the clocks (${SKEW_SECONDS} s are tolerated)`;
  if (state === 'revoked') {
    if (revokedAt === undefined) return 'is revoked';
    // No tolerance: a thief's signature of the same minute must not pass.
    if (signedAt === undefined)
      return `is revoked from ${revokedAt} on, and nothing proves that this was signed before`;
    if (at(signedAt) >= at(revokedAt)) return `is revoked from ${revokedAt} on, and this was signed at ${signedAt}`;
  }
  const time = signedAt ?? now;
  if (from !== undefined && at(time) < at(from) - SKEW_SECONDS)
    return `is trusted from ${from} on, and this was signed at ${time} (${SKEW_SECONDS} s are tolerated)`;
  if (until !== undefined && at(time) > at(until) + SKEW_SECONDS)
    return signedAt === undefined
      ? `was trusted until ${until}, and nothing proves that this was signed before`
      : `was trusted until ${until}, and this was signed at ${signedAt} (${SKEW_SECONDS} s are tolerated)`;
  return undefined;
}

/** From when on an identity is revoked, by an incident or by a person; the beginning of time where it is revoked altogether. */
export function revocationRefusal(
  revoked: Revocations,
  name: string,
  signedAt: string | undefined,
): string | undefined {
  if (revoked.total.includes(name)) return 'is revoked';
  const from = revoked.from?.[name];
  if (from === undefined) return undefined;
  if (signedAt === undefined) return `is revoked from ${from} on, and nothing proves that this was signed before`;
  return Date.parse(signedAt) >= Date.parse(from)
    ? `is revoked from ${from} on, and this was signed at ${signedAt}`
    : undefined;
}

export interface Revocations {
  /** Identity names and builder ids that count for nothing any more. */
  readonly total: readonly string[];
  /** Identity names and builder ids that count for what was signed before an instant (RFC 3339), and proves it. */
  readonly from?: Readonly<Record<string, string>> | undefined;
}

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
import type { TrustRefusal } from './trust-refusal.ts';

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
 * Why a verified signature of `signer` does not count for this use; undefined where it does. The clause follows the signer's
 * name: "signs for shop/** only". Times are compared with five minutes of tolerance, which is said.
 */
export function signerRefusal(signer: PolicySigner, use: SignatureUse): TrustRefusal | undefined {
  const { repositories, environments, statements, domain } = signer;
  const wanted = signatureDomain(use.predicateType, use.kind);
  if (domain !== undefined && domain !== wanted)
    return outOfScope(`signs ${domain} only, and this is one of ${wanted}`);
  if (repositories !== undefined && !repositories.some((pattern) => matchesPattern(pattern, use.repository)))
    return outOfScope(`signs for ${repositories.join(', ')} only`);
  if (environments !== undefined && use.environment !== undefined && !environments.includes(use.environment))
    return outOfScope(`signs for ${environments.join(', ')} only, not for ${use.environment}`);
  if (statements !== undefined && !statements.some((name) => parsePredicateName(name) === use.predicateType))
    return outOfScope(`signs ${statements.join(', ')} only`);
  return timeRefusal(signer, use);
}

const outOfScope = (clause: string): TrustRefusal => ({ code: 'SIGNER_OUT_OF_SCOPE', clause });

function timeRefusal(
  { from, until, state, revokedAt }: PolicySigner,
  { signedAt, now }: SignatureUse,
): TrustRefusal | undefined {
  if (signedAt !== undefined && secondsOf(signedAt) > secondsOf(now) + SKEW_SECONDS)
    return {
      code: 'SIGNED_IN_FUTURE',
      clause: `signed at ${signedAt}, which is still to come: check the clocks (${SKEW_SECONDS} s are tolerated)`,
    };
  const revoked = state === 'revoked' ? revokedRefusal(revokedAt, signedAt) : undefined;
  if (revoked !== undefined) return revoked;
  const time = signedAt ?? now;
  if (from !== undefined && secondsOf(time) < secondsOf(from) - SKEW_SECONDS)
    return {
      code: 'SIGNER_NOT_YET_TRUSTED',
      clause: `is trusted from ${from} on, and this was signed at ${time} (${SKEW_SECONDS} s are tolerated)`,
    };
  if (until === undefined || secondsOf(time) <= secondsOf(until) + SKEW_SECONDS) return undefined;
  const when =
    signedAt === undefined
      ? 'nothing proves that this was signed before'
      : `this was signed at ${signedAt} (${SKEW_SECONDS} s are tolerated)`;
  return { code: 'SIGNER_EXPIRED', clause: `was trusted until ${until}, and ${when}` };
}

const secondsOf = (time: string) => Date.parse(time) / 1000;

/** Of one that is revoked, altogether where there is no `from` (RFC 3339). No tolerance: a thief's signature of the same minute must not pass. */
function revokedRefusal(from: string | undefined, signedAt: string | undefined): TrustRefusal | undefined {
  const refused = (clause: string): TrustRefusal => ({ code: 'SIGNER_REVOKED', clause });
  if (from === undefined) return refused('is revoked');
  if (signedAt === undefined)
    return refused(`is revoked from ${from} on, and nothing proves that this was signed before`);
  return Date.parse(signedAt) >= Date.parse(from)
    ? refused(`is revoked from ${from} on, and this was signed at ${signedAt}`)
    : undefined;
}

/** Why what an identity or a builder signed counts for nothing, as an incident or a person revoked it; undefined where it may. */
export function revocationRefusal(
  revoked: Revocations,
  name: string,
  signedAt: string | undefined,
): TrustRefusal | undefined {
  if (revoked.total.includes(name)) return revokedRefusal(undefined, signedAt);
  const from = ownValue(revoked.from ?? {}, name);
  return from === undefined ? undefined : revokedRefusal(from, signedAt);
}

export interface Revocations {
  /** Identity names and builder ids that count for nothing any more. */
  readonly total: readonly string[];
  /** Identity names and builder ids that count for what was signed before an instant (RFC 3339), and proves it. */
  readonly from?: Readonly<Record<string, string>> | undefined;
}

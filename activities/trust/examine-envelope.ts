import type { Policy } from '../../domain/policy/policy.ts';
import { parseDistinguishedName } from '../../domain/trust/notation/distinguished-name.ts';
import type {
  AttachedEnvelope,
  NotationSubject,
  NotationTrust,
  NotationVerification,
  NotationVerifier,
} from '../../domain/trust/notation/notation-verifier.ts';
import type { PolicySigner } from '../../domain/trust/trusted-signer.ts';

/**
 * One signature of Notation's under each signer of the policy with `x509`: as of the first that made it, with all that did; else why
 * it counts for nothing.
 */
export function examineEnvelope(
  verifier: NotationVerifier,
  policy: Policy,
  envelope: AttachedEnvelope,
  subject: NotationSubject,
  now: Date,
): NotationVerification {
  let refusal: NotationVerification = {
    outcome: 'rejected',
    code: 'KEYRING_EMPTY',
    reason: 'the policy names no signer by x509, so that no signature of Notation counts',
  };
  let first: Extract<NotationVerification, { outcome: 'verified' }> | undefined;
  const under: [name: string, anchor: string][] = [];
  for (const signer of policy.document.signers) {
    const trust = trustOf(signer);
    if (trust === undefined) continue;
    const result = verifier.verify(envelope, subject, trust, now);
    if (result.outcome === 'verified') {
      first ??= result;
      under.push([signer.name, result.identity.root]);
      continue;
    }
    // Of several, what says most: that it was none of the others says least.
    if (refusal.code === 'KEYRING_EMPTY' || refusal.code === 'SIGNER_UNKNOWN') refusal = result;
  }
  if (first === undefined) return refusal;
  return { ...first, identity: { ...first.identity, under: Object.fromEntries(under) } };
}

/** Revocation is what the policy says of the signer (`state`, `revokedAt`): nobody else is asked. */
function trustOf({ x509 }: PolicySigner): NotationTrust | undefined {
  if (x509 === undefined) return undefined;
  return {
    policy: {
      actions: {
        integrity: 'enforce',
        authenticity: 'enforce',
        authenticTimestamp: 'enforce',
        expiry: 'enforce',
        revocation: 'skip',
      },
      verifyTimestamp: 'always',
      identities: [parseDistinguishedName(x509.subject)],
    },
    stores: {
      ca: [x509.roots],
      signingAuthority: [],
      tsa: x509.timestampRoots === undefined ? undefined : [x509.timestampRoots],
    },
  };
}

import { shortDigest } from '../../artifact/digest.ts';
import { type EvidenceRecord, identityName } from '../../trust/evidence.ts';
import { findSigners } from '../../trust/trusted-signer.ts';
import type { Policy } from '../policy.ts';

/** The name the policy gives a signing identity, or the identity itself. */
export function signerLabel(policy: Policy, record: EvidenceRecord): string {
  if (record.verification.outcome === 'rejected') return 'nobody';
  const { identity } = record.verification;
  const [named] = findSigners(policy, identity);
  return named === undefined ? `unlisted ${identityName(identity)}` : `signer "${named.name}"`;
}

/** `evidence sha256:0123456789ab: <why it does not count>` */
export function refusedLine(record: EvidenceRecord, why: string): string {
  return `evidence ${shortDigest(record.manifest)}: ${why}`;
}

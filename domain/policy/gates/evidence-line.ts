import { shortDigest } from '../../artifact/digest.ts';
import { type EvidenceRecord, identityName } from '../../trust/evidence.ts';
import type { Policy } from '../policy.ts';

/** The name the policy gives a signing identity, or the identity itself. */
export function signerLabel(policy: Policy, record: EvidenceRecord): string {
  if (record.verification.outcome === 'rejected') return 'nobody';
  const { identity } = record.verification;
  const named = Object.entries(policy.keyIds).find(([, keyId]) => identity.kind === 'key' && identity.keyId === keyId);
  return named === undefined ? `unlisted ${identityName(identity)}` : `signer "${named[0]}"`;
}

/** The key id of a verified signature by a key; undefined for anything else. */
export function verifiedKeyId(record: EvidenceRecord): string | undefined {
  if (record.verification.outcome === 'rejected') return undefined;
  return record.verification.identity.kind === 'key' ? record.verification.identity.keyId : undefined;
}

/** `evidence sha256:0123456789ab: <why it does not count>` */
export function refusedLine(record: EvidenceRecord, why: string): string {
  return `evidence ${shortDigest(record.manifest)}: ${why}`;
}

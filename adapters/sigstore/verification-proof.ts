import type { SignedEntity, TrustMaterial } from '@sigstore/verify';
import type { VerificationProof } from '../../domain/trust/evidence.ts';

/** When and in which logs, of an entity that was verified under `trustRoot`. Empty where it has neither. */
export function describeProof(
  { timestamps, tlogEntries }: SignedEntity,
  trustRoot: TrustMaterial | undefined,
): { readonly proof?: VerificationProof } {
  if (trustRoot === undefined || (timestamps.length === 0 && tlogEntries.length === 0)) return {};
  const times = timestamps.flatMap((timestamp): VerificationProof['times'] => {
    if (timestamp.$case === 'timestamp-authority')
      return [{ at: timestamp.timestamp.signingTime.toISOString(), by: 'timestamp-authority' }];
    const { inclusionPromise, integratedTime } = timestamp.tlogEntry;
    // Without the promise nobody signed the time.
    if (inclusionPromise === undefined) return [];
    return [{ at: new Date(Number(integratedTime) * 1000).toISOString(), by: 'transparency-log' }];
  });
  const logs = tlogEntries.map(({ logId, logIndex, inclusionPromise, inclusionProof, kindVersion }) => ({
    log: trustRoot.tlogs.find((log) => log.logID.equals(logId.keyId))?.baseURL || logId.keyId.toString('base64'),
    // Signed in the promise; else the proof's own, which may count from the start of a shard.
    index: inclusionPromise === undefined ? (inclusionProof?.logIndex ?? logIndex) : logIndex,
    kind: `${kindVersion.kind}/${kindVersion.version}`,
  }));
  return { proof: { times, logs } };
}

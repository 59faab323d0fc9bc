/** Keys that leave a record of each use: no signature goes out that is not in the chain. */
import { Context } from '@temporalio/activity';
import { bundleSignature } from '../../domain/trust/bundle-signature.ts';
import { identityName } from '../../domain/trust/evidence.ts';
import { type KeyPurpose, purposeRefusal } from '../../domain/trust/key-purpose.ts';
import type { KeyUseLog } from '../../domain/trust/key-use.ts';
import { readSignedBytes, type SignedBytes } from '../../domain/trust/signed-bytes.ts';
import type { CertifiedSigner, KeyRing, Signer, StatementSigner } from '../../domain/trust/signer.ts';
import { TrustError } from './trust-error.ts';

export interface AuditedKeysOptions {
  readonly log: KeyUseLog;
  /** SHA-256, in hex. */
  readonly sha256Hex: (bytes: Uint8Array) => string;
}

/** Which key it is, and what for. */
interface Role {
  readonly key: string;
  readonly purpose: KeyPurpose;
}

/**
 * The same keys. What is signed is read from the bytes themselves: what is no statement of ours, or not for this key, is not
 * signed; of a certificate, it does not go out. A key that was retired or revoked meanwhile, wherever it is still open, gets
 * nothing recorded, so that what it signed is thrown away. Only inside an activity: its run is part of the record.
 */
export function auditKeys(ring: KeyRing<StatementSigner>, options: AuditedKeysOptions): KeyRing<StatementSigner> {
  return {
    evidence: async () => audit(await ring.evidence(), { key: 'evidence', purpose: 'evidence' }, options),
    admission: async (environment) =>
      audit(await ring.admission(environment), { key: `admission-${environment}`, purpose: 'admission' }, options),
    held: () => ring.held(),
  };
}

function audit(signer: StatementSigner, role: Role, options: AuditedKeysOptions): StatementSigner {
  return 'identity' in signer ? auditIdentity(signer, role, options) : auditKey(signer, role, options);
}

function auditKey(signer: Signer, role: Role, options: AuditedKeysOptions): Signer {
  const { keyId, publicKeyPem, twin } = signer;
  return {
    ...(twin === undefined ? {} : { twin: auditKey(twin, { ...role, key: `pq-${role.key}` }, options) }),
    keyId,
    publicKeyPem,
    async sign(data) {
      const about = readFor(role, data);
      const signature = await signer.sign(data);
      await record(identityName({ kind: 'key', keyId }), role, about, { signed: data, signature }, options);
      return signature;
    },
  };
}

function auditIdentity(signer: CertifiedSigner, role: Role, options: AuditedKeysOptions): CertifiedSigner {
  return {
    identity: signer.identity,
    async signStatement(statement) {
      const bundle = await signer.signStatement(statement);
      const made = bundleSignature(bundle);
      const about = readFor(role, made?.signed ?? new Uint8Array());
      if (made !== undefined) await record(identityName(signer.identity), role, about, made, options);
      return bundle;
    },
  };
}

function readFor({ key, purpose }: Role, data: Uint8Array): SignedBytes {
  const about = readSignedBytes(data);
  const refusal =
    about === undefined ? 'these bytes are no statement about one artifact' : purposeRefusal(purpose, about);
  if (about === undefined || refusal !== undefined)
    throw new TrustError('KEY_NOT_FOR_THIS', `the key ${key} did not sign: ${refusal ?? ''}`);
  return about;
}

async function record(
  identity: string,
  { key }: Role,
  { statement, subject }: SignedBytes,
  { signed, signature }: { readonly signed: Uint8Array; readonly signature: Uint8Array },
  { log, sha256Hex }: AuditedKeysOptions,
): Promise<void> {
  const { workflowExecution } = Context.current().info;
  await log.append({
    ...{ key, identity, statement, subject },
    ...{ signed: sha256Hex(signed), signature: sha256Hex(signature) },
    ...{ workflow: workflowExecution?.workflowId ?? '', run: workflowExecution?.runId ?? '' },
  });
}

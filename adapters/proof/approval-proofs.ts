/** Approvers' own proofs: verified when they come, kept in the blob store, verified again by whoever asks. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { BlobError, type BlobStore } from '../../domain/artifact/blob-store.ts';
import {
  type ApprovalClaim,
  approvalNamespace,
  MAX_CLAIM_CHARACTERS,
  parseApprovalText,
} from '../../domain/identity/approval-claim.ts';
import type { ApprovalProofs, ExpectedClaim, GivenProof } from '../../domain/identity/approval-proof.ts';
import { ProofError } from '../../domain/identity/proof-error.ts';
import type { IdentityIssuers } from '../oidc/identity-issuers.ts';
import { SshError } from '../ssh/ssh-error.ts';
import { verifySshSignature } from '../ssh/verify-ssh-signature.ts';

export interface ApprovalProofParts {
  readonly blobs: BlobStore;
  /** Whose key (`SHA256:…`) or identity (`<issuer> <subject>`) it is: a principal. */
  holderOf(kind: 'ssh-key' | 'oidc', value: string): Promise<string | undefined>;
  /** The principal a subject stands for. */
  principalOf(subject: string): Promise<string>;
  readonly issuers: IdentityIssuers;
  readonly now: () => Date;
}

const MEDIA_TYPE = 'application/vnd.pratique.approval-proof.v1+json';
/** Between a statement and its arrival, either way: a token has to be asked for, clocks differ. */
const ARRIVAL_MS = 600_000;
const ARRIVAL_TOLERANCE_SECONDS = 60;
/** Looked at again, a token must have been valid when its statement was made, as long before it arrived as it might. */
const CONFIRM_TOLERANCE_SECONDS = ARRIVAL_MS / 1000 + ARRIVAL_TOLERANCE_SECONDS;

const bodySchema = z.strictObject({
  statement: z.string().max(MAX_CLAIM_CHARACTERS),
  signature: z.string().optional(),
  identityToken: z.string().optional(),
});

export function createApprovalProofs(parts: ApprovalProofParts): ApprovalProofs {
  return {
    async accept(given, expected) {
      const claim = readClaim(given.statement);
      compare(claim, expected);
      const now = parts.now();
      if (!(Math.abs(now.getTime() - Date.parse(claim.at)) <= ARRIVAL_MS))
        throw new ProofError(
          'PROOF_OUT_OF_TIME',
          `the statement is of ${claim.at}, and it is ${now.toISOString()}: decide again, within ten minutes`,
        );
      const shown = await whoShows(parts, given, { at: now, toleranceSeconds: ARRIVAL_TOLERANCE_SECONDS });
      await checkHolder(parts, shown, claim);
      const { statement, signature, identityToken } = given;
      const body = signature === undefined ? { statement, identityToken } : { statement, signature };
      const { digest } = await parts.blobs.put(new TextEncoder().encode(JSON.stringify(body)), MEDIA_TYPE);
      return { ...shown, digest, at: claim.at };
    },
    async confirm(reference, expected) {
      const given = await readBody(parts.blobs, reference.digest);
      const claim = readClaim(given.statement);
      compare(claim, expected);
      const at = new Date(claim.at);
      const shown = await whoShows(parts, given, { at, toleranceSeconds: CONFIRM_TOLERANCE_SECONDS });
      await checkHolder(parts, shown, claim);
      const { statement, signature } = given;
      return {
        ...shown,
        digest: reference.digest,
        at: claim.at,
        claim,
        ...(signature === undefined ? {} : { shown: { statement, signature } }),
      };
    },
  };
}

function readClaim(statement: string): ApprovalClaim {
  const claim = parseApprovalText(statement);
  if (claim !== undefined) return claim;
  throw new ProofError(
    'PROOF_UNREADABLE',
    'the statement is not one of an approval: "pratique approve … --write-statement FILE" writes it',
  );
}

/** Every fact of the claim is the fact at hand. */
function compare(claim: ApprovalClaim, expected: ExpectedClaim): void {
  const facts = { verb: 'verb', about: 'promotion', decision: 'decision', by: 'person', reason: 'reason' } as const;
  for (const [fact, name] of Object.entries(facts) as [keyof ExpectedClaim, string][])
    if (claim[fact] !== expected[fact])
      throw new ProofError(
        'PROOF_OF_ANOTHER',
        `the proof is of another ${name} than what is decided: look at it, and sign what is asked now`,
      );
}

interface Shown {
  readonly kind: 'ssh' | 'oidc';
  readonly by: string;
}

async function whoShows(
  { issuers }: ApprovalProofParts,
  { statement, signature, identityToken }: GivenProof,
  valid: { readonly at: Date; readonly toleranceSeconds: number },
): Promise<Shown> {
  if ((signature === undefined) === (identityToken === undefined))
    throw new ProofError('PROOF_UNREADABLE', 'a proof is an SSH signature or an identity token: give one of them');
  if (identityToken !== undefined) {
    const binding = createHash('sha256').update(statement).digest('base64url');
    return { kind: 'oidc', by: await issuers.verify(identityToken, { binding, ...valid }) };
  }
  try {
    const { fingerprint } = verifySshSignature(signature ?? '', new TextEncoder().encode(statement), approvalNamespace);
    return { kind: 'ssh', by: fingerprint };
  } catch (cause) {
    if (!(cause instanceof SshError)) throw cause;
    const isUnreadable = cause.code === 'SSH_SIGNATURE_UNREADABLE' || cause.code === 'SSH_KEY_UNREADABLE';
    throw new ProofError(isUnreadable ? 'PROOF_UNREADABLE' : 'PROOF_INVALID', cause.message, { cause });
  }
}

async function checkHolder(parts: ApprovalProofParts, { kind, by }: Shown, claim: ApprovalClaim): Promise<void> {
  const alias = kind === 'ssh' ? 'ssh-key' : 'oidc';
  const [holder, person] = await Promise.all([parts.holderOf(alias, by), parts.principalOf(claim.by)]);
  if (holder === person) return;
  const what = kind === 'ssh' ? `the key ${by}` : `the identity ${by}`;
  throw new ProofError(
    'PROOF_NOT_THEIRS',
    holder === undefined
      ? `${what} is nobody's: an administrator says whose it is with "pratique principal join ${claim.by} ${alias} '${by}'"`
      : `${what} is ${holder}'s, and the approval is ${person}'s: everybody proves their own`,
  );
}

async function readBody(blobs: BlobStore, digest: Parameters<BlobStore['get']>[0]): Promise<GivenProof> {
  const bytes = await blobs.get(digest).catch((error: unknown) => {
    // A database that is away is no proof that is missing.
    if (error instanceof BlobError) return error;
    throw error;
  });
  try {
    if (bytes instanceof BlobError) throw bytes;
    return bodySchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (cause) {
    throw new ProofError('PROOF_UNREADABLE', `the proof ${digest} is not in its place: approve again`, { cause });
  }
}

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
import type { ApprovalProofs, ExpectedClaim, GivenProof, ProofKind } from '../../domain/identity/approval-proof.ts';
import { type ApproverList, listedHolder, listedPrincipal } from '../../domain/identity/approver-list.ts';
import type { PasskeyBook, RelyingParty, StoredAssertion } from '../../domain/identity/passkey.ts';
import { ProofError } from '../../domain/identity/proof-error.ts';
import type { IdentityIssuers } from '../oidc/identity-issuers.ts';
import { SshError } from '../ssh/ssh-error.ts';
import { verifySshSignature } from '../ssh/verify-ssh-signature.ts';
import { verifyAssertion } from '../webauthn/verify-assertion.ts';

/** What each kind of proof is registered as. */
const aliasOf = { ssh: 'ssh-key', oidc: 'oidc', webauthn: 'webauthn' } as const satisfies Record<ProofKind, string>;
export type ProofAlias = (typeof aliasOf)[ProofKind];

export interface ApprovalProofParts {
  readonly blobs: BlobStore;
  /** Whose key or passkey (`SHA256:…`) or identity (`<issuer> <subject>`) it is: a principal. */
  holderOf(kind: ProofAlias, value: string): Promise<string | undefined>;
  /** The principal a subject stands for. */
  principalOf(subject: string): Promise<string>;
  readonly issuers: IdentityIssuers;
  readonly passkeys: Pick<PasskeyBook, 'find' | 'use'>;
  /** Undefined where no passkeys are taken. */
  readonly relyingParty: RelyingParty | undefined;
  readonly now: () => Date;
  /** Where given, whose a key or a subject is stands there and nowhere else. */
  readonly list?: ApproverList | undefined;
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
  assertion: z
    .strictObject({
      credential: z.string(),
      publicKey: z.string(),
      clientData: z.string(),
      authenticatorData: z.string(),
      signature: z.string(),
    })
    .optional(),
});
/** As it is kept: an assertion with its key. */
type KeptProof = z.infer<typeof bodySchema>;

export function createApprovalProofs(parts: ApprovalProofParts): ApprovalProofs {
  const { list } = parts;
  return {
    leastApprovals: (environment) => list?.required[environment] ?? 0,
    async accept(given, expected) {
      const claim = readClaim(given.statement);
      compare(claim, expected);
      const now = parts.now();
      if (!(Math.abs(now.getTime() - Date.parse(claim.at)) <= ARRIVAL_MS))
        throw new ProofError(
          'PROOF_OUT_OF_TIME',
          `the statement is of ${claim.at}, and it is ${now.toISOString()}: decide again, within ten minutes`,
        );
      const kept = await withKey(parts, given);
      const shown = await whoShows(parts, kept, { at: now, toleranceSeconds: ARRIVAL_TOLERANCE_SECONDS });
      await checkHolder(parts, shown, claim);
      await countUse(parts, kept, shown, claim);
      const { digest } = await parts.blobs.put(new TextEncoder().encode(JSON.stringify(kept)), MEDIA_TYPE);
      return { kind: shown.kind, by: shown.by, digest, at: claim.at };
    },
    async confirm({ digest }, expected) {
      const kept = await readBody(parts.blobs, digest);
      const claim = readClaim(kept.statement);
      compare(claim, expected);
      const at = new Date(claim.at);
      const shown = await whoShows(parts, kept, { at, toleranceSeconds: CONFIRM_TOLERANCE_SECONDS });
      const principal = await checkHolder(parts, shown, claim);
      const { statement, signature, assertion } = kept;
      return {
        ...{ kind: shown.kind, by: shown.by, digest, at: claim.at, claim },
        ...(list === undefined ? {} : { listed: { principal, groups: list.approvers[principal]?.groups ?? [] } }),
        ...(signature === undefined ? {} : { shown: { statement, signature } }),
        ...(assertion === undefined ? {} : { shown: { statement, assertion } }),
      };
    },
  };
}

/** What is kept verifies by itself: the key of a passkey is put beside what it signed. */
async function withKey(
  { passkeys, relyingParty }: ApprovalProofParts,
  { statement, signature, identityToken, assertion }: GivenProof,
): Promise<KeptProof> {
  const given = Object.entries({ signature, identityToken, assertion }).filter(([, one]) => one !== undefined);
  if (given.length !== 1)
    throw new ProofError(
      'PROOF_UNREADABLE',
      'a proof is an SSH signature, an identity token or the answer of a passkey: give one of them',
    );
  if (assertion === undefined) return { statement, ...Object.fromEntries(given) };
  if (relyingParty === undefined) throw noPages();
  const passkey = await passkeys.find(assertion.credential);
  if (passkey === undefined)
    throw new ProofError('PROOF_NOT_THEIRS', `the passkey is not registered: do that first, on ${relyingParty.page}`);
  return { statement, assertion: { ...assertion, publicKey: passkey.publicKey } };
}

function noPages(): ProofError {
  return new ProofError(
    'PROOF_INVALID',
    'passkeys are not taken here: PRATIQUE_PAGES_URL says for which host they are',
  );
}

/** One answer of a passkey counts once: its counter grows, and without one the time of what it signs. */
async function countUse(
  { passkeys }: ApprovalProofParts,
  { assertion }: KeptProof,
  { signCount }: Shown,
  { at }: ApprovalClaim,
): Promise<void> {
  if (assertion === undefined || (await passkeys.use(assertion.credential, { signCount: signCount ?? 0, at }))) return;
  throw new ProofError(
    'PROOF_INVALID',
    'the passkey has signed that already, or has counted further elsewhere: decide again, and if it happens again have an administrator take it away, because somebody has a copy',
  );
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
  readonly kind: ProofKind;
  readonly by: string;
  /** Of a passkey. */
  readonly signCount?: number;
}

async function whoShows(
  parts: ApprovalProofParts,
  { statement, signature, identityToken, assertion }: KeptProof,
  valid: { readonly at: Date; readonly toleranceSeconds: number },
): Promise<Shown> {
  if (assertion !== undefined) return whoTouched(parts, statement, assertion);
  if (identityToken !== undefined) {
    const binding = createHash('sha256').update(statement).digest('base64url');
    return { kind: 'oidc', by: await parts.issuers.verify(identityToken, { binding, ...valid }) };
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

function whoTouched({ relyingParty }: ApprovalProofParts, statement: string, assertion: StoredAssertion): Shown {
  if (relyingParty === undefined) throw noPages();
  const { fingerprint, signCount } = verifyAssertion(assertion, statement, relyingParty);
  return { kind: 'webauthn', by: fingerprint, signCount };
}

async function checkHolder(parts: ApprovalProofParts, { kind, by }: Shown, claim: ApprovalClaim): Promise<string> {
  const alias = aliasOf[kind];
  const { list } = parts;
  const [holder, person] =
    list === undefined
      ? await Promise.all([parts.holderOf(alias, by), parts.principalOf(claim.by)])
      : [listedHolder(list, alias, by), listedPrincipal(list, claim.by)];
  if (holder === person) return holder;
  const what = { ssh: `the key ${by}`, oidc: `the identity ${by}`, webauthn: `the passkey ${by}` }[kind];
  if (holder === undefined && list !== undefined)
    throw new ProofError(
      'PROOF_NOT_THEIRS',
      `${what} is in no list of approvers that the trust worker has: who runs it adds it to PRATIQUE_APPROVERS_FILE`,
    );
  throw new ProofError(
    'PROOF_NOT_THEIRS',
    holder === undefined
      ? `${what} is nobody's: an administrator says whose it is with "pratique principal join ${claim.by} ${alias} '${by}'"`
      : `${what} is ${holder}'s, and the approval is ${person}'s: everybody proves their own`,
  );
}

async function readBody(blobs: BlobStore, digest: Parameters<BlobStore['get']>[0]): Promise<KeptProof> {
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

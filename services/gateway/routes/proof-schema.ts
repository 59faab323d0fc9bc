import { z } from 'zod';
import { MAX_CLAIM_CHARACTERS } from '../../../domain/identity/approval-claim.ts';

/** Bytes, as pages of browsers send them. */
export const base64url = (characters: number) =>
  z
    .string()
    .regex(/^[\w-]+$/, 'bytes in base64url, without padding')
    .max(characters);

/** What an approver brings of their own, beside their token. */
export const proofSchema = z
  .strictObject({
    statement: z
      .string()
      .min(1)
      .max(MAX_CLAIM_CHARACTERS)
      .describe('What is decided, as `pratique approve --write-statement` writes it'),
    signature: z
      .string()
      .max(16_384)
      .optional()
      .describe('Of the statement, by a key of theirs: ssh-keygen -Y sign -n approval@pratique.dev'),
    identityToken: z
      .string()
      .max(32_768)
      .optional()
      .describe('Of a configured issuer; its nonce is the SHA-256 of the statement in base64url'),
    assertion: z
      .strictObject({
        credential: base64url(2048),
        clientData: base64url(16_384),
        authenticatorData: base64url(8192),
        signature: base64url(2048),
      })
      .optional()
      .describe('Of a passkey of theirs; its challenge is the SHA-256 of the statement'),
  })
  .describe('A proof of their own: a signature, an identity token or the answer of a passkey');

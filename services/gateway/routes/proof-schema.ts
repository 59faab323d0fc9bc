import { z } from 'zod';
import { MAX_CLAIM_CHARACTERS } from '../../../domain/identity/approval-claim.ts';

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
  })
  .describe('A proof of their own: a signature or an identity token');

/** Client data (Web Authentication, 5.8.1): what the browser says it asked, and for whom. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ProofError } from '../../domain/identity/proof-error.ts';

/** Members that are not known may come at any time (5.8.1); these must be what they are. */
const schema = z.looseObject({
  type: z.string(),
  challenge: z.string(),
  origin: z.string(),
  crossOrigin: z.boolean().optional(),
  topOrigin: z.string().optional(),
});

/** The challenge of a text: its SHA-256 in base64url. */
const challengeOf = (statement: string): string => createHash('sha256').update(statement).digest('base64url');

/** That the browser asked for exactly this statement, on our own page and in no frame of another. Throws a ProofError. */
export function checkClientData(
  bytes: Uint8Array,
  wanted: { readonly type: 'webauthn.create' | 'webauthn.get'; readonly statement: string; readonly origin: string },
): void {
  const { type, challenge, origin, crossOrigin, topOrigin } = read(bytes);
  if (type !== wanted.type)
    throw new ProofError('PROOF_INVALID', `the passkey was asked for something else (${wanted.type} is wanted)`);
  if (challenge !== challengeOf(wanted.statement))
    throw new ProofError(
      'PROOF_INVALID',
      'the passkey signed another statement: look at what is decided, and decide again',
    );
  if (origin !== wanted.origin)
    throw new ProofError('PROOF_INVALID', `the passkey was used on another page than ${wanted.origin}: open that one`);
  if (crossOrigin === true || topOrigin !== undefined)
    throw new ProofError('PROOF_INVALID', 'the passkey was used inside of a page of another site: open ours by itself');
}

function read(bytes: Uint8Array): z.infer<typeof schema> {
  try {
    return schema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (cause) {
    throw new ProofError('PROOF_UNREADABLE', 'the client data of the passkey cannot be read', { cause });
  }
}

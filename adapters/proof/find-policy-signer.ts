import { createPublicKey } from 'node:crypto';
import { type FindPolicySigner, MAX_POLICY_SIGNATURE, policyNamespace } from '../../domain/policy/policy-signer.ts';
import { verifySignature } from '../sigstore/verify-signature.ts';
import { SshError } from '../ssh/ssh-error.ts';
import { verifySshSignature } from '../ssh/verify-ssh-signature.ts';

/**
 * An armored SSH signature by the key of a fingerprint; or, in base64, a signature over the file as `cosign sign-blob --key` makes
 * it. What is neither is by nobody.
 */
export const findPolicySigner: FindPolicySigner = (text, signature, signers) => {
  if (signature.length > MAX_POLICY_SIGNATURE) return undefined;
  const bytes = new TextEncoder().encode(text);
  const fingerprint = sshSignerOf(bytes, signature);
  if (fingerprint !== undefined) return signers.find(({ sshKey }) => sshKey === fingerprint);
  if (!/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(signature)) return undefined;
  const raw = Buffer.from(signature, 'base64');
  return signers.find(
    ({ publicKey }) => publicKey !== undefined && verifySignature(bytes, createPublicKey(publicKey), raw),
  );
};

function sshSignerOf(bytes: Uint8Array, signature: string): string | undefined {
  try {
    return verifySshSignature(signature, bytes, policyNamespace).fingerprint;
  } catch (error) {
    if (error instanceof SshError) return undefined;
    throw error;
  }
}

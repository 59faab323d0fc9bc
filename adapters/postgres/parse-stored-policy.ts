import { createHash } from 'node:crypto';
import { parsePolicy } from '../../domain/policy/parse-policy.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import { sha256Digest } from './blob-store.ts';

/** base64(sha256(SPKI DER)) of a PEM public key. */
function keyIdOfPem(pem: string): string {
  const der = Buffer.from(pem.replace(/-----[^-]+-----/g, '').replace(/\s+/g, ''), 'base64');
  return createHash('sha256').update(der).digest('base64');
}

/** Throws a PolicyError for a file that is wrong. */
export function readPolicy(text: string, fileName: string): Policy {
  return parsePolicy(text, fileName, { sha256: sha256Digest, keyIdOf: keyIdOfPem });
}

import type { Digest } from '../artifact/digest.ts';
import { createStatement, predicateTypes, type Statement } from './statement.ts';

/**
 * The statement `cosign sign` 3.x makes for an image: subject without a name, empty predicate
 * (cosign v3.1.3, cmd/cosign/cli/sign/sign.go, signDigestBundle).
 */
export function createCosignSignature(subject: Digest): Statement {
  return createStatement(subject, predicateTypes.cosignSignature, {});
}

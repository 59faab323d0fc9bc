import { createHash, createPublicKey } from 'node:crypto';
import { parseDigest } from '../../domain/artifact/digest.ts';
import { type PolicyHashes, parsePolicy } from '../../domain/policy/parse-policy.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import { type PolicyProblem, printProblem } from '../../domain/policy/policy-error.ts';
import { policyWarnings } from '../../domain/policy/policy-warnings.ts';
import type { CliIo } from './io.ts';

const hashes: PolicyHashes = {
  sha256: (bytes) => parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`),
  keyIdOf: (pem) =>
    createHash('sha256')
      .update(createPublicKey(pem).export({ type: 'spki', format: 'der' }))
      .digest('base64'),
};

/** A policy file's text as a policy, with what is doubtful in it now. Throws a PolicyError where it is wrong. */
export function readPolicyFile(
  io: Pick<CliIo, 'now'>,
  text: string,
  file: string,
): { readonly policy: Policy; readonly warnings: readonly PolicyProblem[] } {
  const policy = parsePolicy(text, file, hashes);
  return { policy, warnings: policyWarnings(policy, text, (io.now?.() ?? new Date()).toISOString()) };
}

/** `file:line:column: path: message (warning)`, a line each, on stderr. */
export function writeWarnings(io: Pick<CliIo, 'err'>, file: string, warnings: readonly PolicyProblem[]): void {
  for (const warning of warnings) io.err.write(`${printProblem(file, warning)} (warning)\n`);
}

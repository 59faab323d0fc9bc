import { type Digest, digestHex } from '../artifact/digest.ts';
import type { Verdict } from '../policy/verdict.ts';
import { createStatement, predicateTypes, type Statement } from './statement.ts';

/** Member of ours in a VSA: allowed by the in-toto parsing rules, ignored by consumers that do not know it. */
export const verdictGatesField = 'https://pratique.dev/verdict/v1/gates';

export interface VerdictContext {
  /** URI of the installation that judged. */
  readonly verifier: string;
  /** Version of Pratique, as `verifier.version`. */
  readonly version: string;
  /** The environment's repository as consumers pull it: `<registry>/<repository>`, without tag or digest. */
  readonly environmentRepository: string;
  readonly policyUri: string;
  /** What the checked provenance supports: `SLSA_BUILD_LEVEL_0` to `_3`, or levels of our own that do not begin with `SLSA_`. */
  readonly verifiedLevels: readonly string[];
  /** Manifests of the evidence the verdict rests on, with their locations. */
  readonly inputAttestations: readonly { readonly uri: string; readonly digest: Digest }[];
}

/**
 * A verdict as a SLSA Verification Summary (https://slsa.dev/spec/v1.1/verification_summary): PASSED for `pass` alone;
 * `unknown`, and failure under `audit`, are FAILED. A FAILED summary claims no level.
 * `inputAttestations` must be all of what the verdict rests on, or none.
 */
export function createVerdictStatement(verdict: Verdict, context: VerdictContext): Statement {
  const passed = verdict.outcome === 'pass';
  return createStatement(verdict.key.digest, predicateTypes.vsa, {
    verifier: { id: context.verifier, version: { pratique: context.version } },
    timeVerified: verdict.evaluatedAt,
    resourceUri: context.environmentRepository,
    policy: { uri: context.policyUri, digest: { sha256: digestHex(verdict.policy.digest) } },
    inputAttestations: context.inputAttestations.map(({ uri, digest }) => ({
      uri,
      digest: { sha256: digestHex(digest) },
    })),
    verificationResult: passed ? 'PASSED' : 'FAILED',
    verifiedLevels: passed ? context.verifiedLevels : ['FAILED'],
    slsaVersion: '1.1',
    [verdictGatesField]: {
      environment: verdict.environment,
      mode: verdict.mode,
      outcome: verdict.outcome,
      admitted: verdict.admitted,
      decisionDigest: verdict.decisionDigest,
      policyVersion: verdict.policy.version,
      gates: verdict.gates.map(({ gate, verdict: said, reason, evidence }) => ({
        gate,
        verdict: said,
        reason,
        evidence,
      })),
    },
  });
}

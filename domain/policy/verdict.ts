import type { Digest } from '../artifact/digest.ts';
import type { ArtifactKey } from '../artifact/subject.ts';
import type { GateOutcome, GateVerdict } from './gate.ts';

/** All gates of one artifact for one environment under one policy digest. */
export interface Verdict {
  readonly key: ArtifactKey;
  readonly environment: string;
  /** `fail` if any gate failed, else `unknown` if any could not tell, else `pass`. */
  readonly outcome: GateVerdict;
  readonly mode: 'audit' | 'enforce';
  /** Whether the artifact may enter: `pass`, or anything under `audit`. */
  readonly admitted: boolean;
  readonly gates: readonly GateOutcome[];
  readonly policy: { readonly digest: Digest; readonly version: number };
  /**
   * sha256 over artifact, environment, policy, gate outcomes (without approvals) and the set of findings; no times.
   * Approvals bind to it, so that a rescan that changes nothing leaves them standing.
   */
  readonly decisionDigest: Digest;
  /** SLSA Build level of the best provenance that counts; absent where none does. */
  readonly slsaBuildLevel?: number;
  /** Of the findings it looked at: while theirs is another, it is judged again before anything enters. */
  readonly findingsVersion?: number;
  /** RFC 3339: when the first of the decisions and exceptions that findings were left out by ends; from then on it is judged again. */
  readonly decisionsUntil?: string;
  /** RFC 3339 */
  readonly evaluatedAt: string;
}

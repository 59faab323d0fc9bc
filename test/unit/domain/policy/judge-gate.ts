import type { EnvironmentPolicy } from '../../../../domain/policy/document.ts';
import type { GateOutcome, GateVerdict, JudgedArtifact } from '../../../../domain/policy/gate.ts';
import { evaluateGate } from '../../../../domain/policy/gates/gates.ts';
import { createPolicy, now } from './judged-artifact.ts';

/** What one gate of the policy's only environment says. `more`: further parts of the policy, in YAML. */
export function judge(gate: string, judged: JudgedArtifact, more = ''): GateOutcome {
  const policy = createPolicy([gate], more);
  const environment = policy.document.environments[0] as EnvironmentPolicy;
  return evaluateGate(environment.gates[0]!, judged, { policy, now, environment: environment.name });
}

export type Row = readonly [what: string, judged: JudgedArtifact, verdict: GateVerdict, reason: RegExp];
export const rejected = { outcome: 'rejected', code: 'SIGNATURE_INVALID', reason: 'the signature is wrong' } as const;

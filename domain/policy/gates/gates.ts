import type { GateRule } from '../document.ts';
import type { GateOutcome, JudgedArtifact } from '../gate.ts';
import { digestGate } from './digest.ts';
import { type Gate, type GateContext, gateOutcome } from './gate-context.ts';
import { licencesGate } from './licences.ts';
import { provenanceGate } from './provenance.ts';
import { sbomGate } from './sbom.ts';
import { scanFreshGate } from './scan-fresh.ts';
import { signatureGate } from './signature.ts';
import { testsGate } from './tests.ts';
import { vulnerabilitiesGate } from './vulnerabilities.ts';

/** Every gate by the name it has in a policy. Adding one is adding a file, a line here and its rule in `document.ts`. */
const gates: { readonly [Name in GateRule['gate']]: Gate<Name> } = {
  digest: digestGate,
  signature: signatureGate,
  provenance: provenanceGate,
  tests: testsGate,
  sbom: sbomGate,
  'scan-fresh': scanFreshGate,
  vulnerabilities: vulnerabilitiesGate,
  licences: licencesGate,
};

/** One rule's outcome. A gate that breaks has not said yes: its outcome is `unknown`, with the kind of error only. */
export function evaluateGate(rule: GateRule, judged: JudgedArtifact, context: GateContext): GateOutcome {
  try {
    // Each entry takes the rule of its own name, which a lookup by that name cannot tell the compiler.
    return (gates[rule.gate] as Gate<GateRule['gate']>)(rule, judged, context);
  } catch (error) {
    const kind = error instanceof Error ? error.name : 'error';
    return gateOutcome(rule.gate, 'unknown', `this gate could not be evaluated (${kind})`);
  }
}

import type { Digest } from '../../artifact/digest.ts';
import { detailLines, printable } from '../detail-lines.ts';
import type { GateRule } from '../document.ts';
import type { GateOutcome, GateVerdict, JudgedArtifact } from '../gate.ts';
import type { Policy } from '../policy.ts';

/** What a gate knows besides its rule and the artifact. */
export interface GateContext {
  readonly policy: Policy;
  /** RFC 3339 */
  readonly now: string;
  readonly environment: string;
}

export type RuleOf<Name extends GateRule['gate']> = Extract<GateRule, { gate: Name }>;

/** One gate. Pure; what it cannot tell is `unknown`, never `pass`. */
export type Gate<Name extends GateRule['gate']> = (
  rule: RuleOf<Name>,
  judged: JudgedArtifact,
  context: GateContext,
) => GateOutcome;

/** An outcome with its reason and details bounded and printable. */
export function gateOutcome(
  gate: string,
  verdict: GateVerdict,
  reason: string,
  more: { readonly details?: readonly string[]; readonly evidence?: readonly Digest[] } = {},
): GateOutcome {
  const evidence = [...new Set(more.evidence ?? [])].sort();
  return { gate, verdict, reason: printable(reason), evidence, details: detailLines(more.details ?? []) };
}

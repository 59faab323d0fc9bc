/** What somebody decided about findings: for which of them, until when, and why. Never changed; revoked, or followed by another. */
import type { Role } from '../../identity/role.ts';
import type { VexProduct } from '../vex/statement.ts';

/** OpenVEX's statuses, and `accepted_risk`: affected, known, and let through until a day. */
export const decisionStates = ['not_affected', 'accepted_risk', 'fixed', 'under_investigation', 'affected'] as const;
export type DecisionState = (typeof decisionStates)[number];

/** OPENVEX-SPEC, "Status Justifications": what `not_affected` rests on. */
export const justifications = [
  'component_not_present',
  'vulnerable_code_not_present',
  'vulnerable_code_not_in_execute_path',
  'vulnerable_code_cannot_be_controlled_by_adversary',
  'inline_mitigations_already_exist',
] as const;

/** All that is given must hold; what is left out does not matter. */
export interface DecisionScope {
  /** `pkg:npm/lodash`, with a version, with a range (`pkg:npm/lodash@>=4.0.0,<4.17.21`); or a package's name alone. */
  readonly component?: string;
  /** The digest of an artifact or of one of its platforms, or a pattern of repositories (`shop/**`). */
  readonly artifact?: string;
  readonly environment?: string;
  /** Of a VEX document: one of them must be the component, or the artifact with it. */
  readonly products?: readonly VexProduct[];
}

/** The document a decision was read from. */
export interface DecisionDocument {
  /** sha256 of its bytes, which are kept. */
  readonly digest: string;
  /** As it names itself; nobody has checked it. */
  readonly author?: string;
  /** RFC 3339, as it says; a time to come counts as the time it was brought. */
  readonly at?: string;
}

export interface FindingDecision {
  readonly id: string;
  /** Names of the vulnerability; one that the finding has too is enough. */
  readonly advisories: readonly string[];
  readonly state: DecisionState;
  /** One of `justifications` where a person says it; a document may have a label of its own format. */
  readonly justification?: string;
  readonly reason: string;
  /** Who answers for it: a person or a team. */
  readonly owner: string;
  readonly scope: DecisionScope;
  /** RFC 3339; always there for `accepted_risk`. */
  readonly expires?: string;
  /** The principal who made it, or brought the document. */
  readonly madeBy: string;
  readonly role: Role;
  /** RFC 3339, by the database's clock. */
  readonly madeAt: string;
  readonly document?: DecisionDocument;
  readonly revoked?: { readonly by: string; readonly reason: string; readonly at: string };
}

/** What the policy says of decisions. */
export interface DecisionRules {
  /** Seconds a risk is accepted for at most. */
  readonly acceptedRisk: number;
  /** In environments that enforce, nobody's decision counts for what they committed. */
  readonly notCommitter: boolean;
}

/** RFC 3339: from then on it does not hold, whatever it says; undefined where it has no end. A lower bound of the policy shortens it. */
export function endOf(
  decision: FindingDecision,
  { acceptedRisk }: Pick<DecisionRules, 'acceptedRisk'>,
): string | undefined {
  const { state, expires, madeAt } = decision;
  if (state !== 'accepted_risk') return expires;
  const bound = new Date(Date.parse(madeAt) + acceptedRisk * 1000).toISOString();
  return expires === undefined || !(Date.parse(expires) < Date.parse(bound)) ? bound : expires;
}

/** Whether it takes a finding out of the count. */
export function suppresses({ state }: Pick<FindingDecision, 'state'>): boolean {
  switch (state) {
    case 'not_affected':
    case 'accepted_risk':
    case 'fixed':
      return true;
    case 'under_investigation':
    case 'affected':
      return false;
  }
}

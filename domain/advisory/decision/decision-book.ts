import type { Role } from '../../identity/role.ts';
import type { VexFormat } from '../vex/read-vex.ts';
import type { DecisionScope, DecisionState, FindingDecision } from './decision.ts';

/** Who acts: the subject of a token, and its role. */
export interface Decider {
  readonly subject: string;
  readonly role: Role;
}

/** What a person decides. */
export interface NewDecision {
  readonly advisory: string;
  readonly state: DecisionState;
  readonly justification?: string | undefined;
  readonly reason: string;
  /** Without: who decides. */
  readonly owner?: string | undefined;
  readonly scope: Pick<DecisionScope, 'component' | 'artifact' | 'environment'>;
  /** `YYYY-MM-DD`, through that day in UTC, or RFC 3339. */
  readonly expires?: string | undefined;
}

/** A VEX document with what narrows it: its statements say nothing of other artifacts or environments. */
export interface NewDocument {
  /** JSON text: OpenVEX, CSAF 2.0, CycloneDX. */
  readonly text: string;
  /** For people: the file, or its address. */
  readonly source: string;
  readonly reason?: string | undefined;
  readonly owner?: string | undefined;
  readonly scope: Pick<DecisionScope, 'artifact' | 'environment'>;
  readonly expires?: string | undefined;
}

export interface DocumentReceipt {
  readonly digest: string;
  readonly format: VexFormat;
  readonly statements: number;
  /** Ids of what it decides; those of the first time where it was brought before for the same place, until the same end. */
  readonly decisions: readonly string[];
  /** Ids of what it decides by having been brought for other places or until other ends, and that holds. */
  readonly others: readonly string[];
  /** False where nothing changed: what was revoked since stays so. */
  readonly isNew: boolean;
}

/** Makes and revokes decisions; whoever they concern is told by the rescan that is asked for in the same transaction. */
export interface DecisionBook {
  /** Throws a DecisionError. */
  make(decision: NewDecision, decider: Decider): Promise<FindingDecision>;
  /** Throws a DecisionError, or a VexError. */
  submit(document: NewDocument, decider: Decider): Promise<DocumentReceipt>;
  /** The same twice changes nothing. Throws a DecisionError. */
  revoke(id: string, reason: string, decider: Decider): Promise<FindingDecision>;
}

import type { Digest } from '../artifact/digest.ts';

export interface Holding {
  readonly environment: string;
  /** The environment's repository that holds it. */
  readonly destination: string;
  /** The repository it was pushed to. */
  readonly repository: string;
  /** Where it is kept while quarantined. */
  readonly quarantine: string;
}

/** What one step of a workflow is told at most, of each: a step's result has bounds, and the same bytes may lie in a thousand repositories. */
export const HOLDINGS_AT_ONCE = 100;
export const PROMOTIONS_AT_ONCE = 200;

/** By which holdings are told in turn, a page after another. */
export function placeOf({ environment, destination }: Pick<Holding, 'environment' | 'destination'>): string {
  return `${environment} ${destination}`;
}

export interface QuarantineKey {
  readonly digest: Digest;
  readonly incident: string;
}

/** What a quarantine knows and records, each one transaction. */
export interface QuarantineBook {
  /**
   * Workflow ids of promotions of this digest that wait or copy, {@link PROMOTIONS_AT_ONCE} of them, those behind `after` in their
   * order; and how long the longest lease of all still runs (seconds).
   */
  inFlight(
    key: QuarantineKey,
    after?: string,
  ): Promise<{ readonly promotions: readonly string[]; readonly leaseSeconds: number }>;
  /** Environments that have it, or may have it after a copy nobody finished. */
  holdings(key: QuarantineKey): Promise<readonly Holding[]>;
  /**
   * Its holdings first, then where it may lie though nothing says so: every environment's repository, by the policy in force, of a
   * repository that has it or an index that holds it, and those where somebody pushed one of them past us.
   */
  places(key: QuarantineKey): Promise<readonly Holding[]>;
  /** Still fenced by this incident: a release meanwhile ends the quarantine. */
  stands(key: QuarantineKey): Promise<boolean>;
  /** Those of its children, as the registry has them, that another live artifact in the same repository still needs. */
  neededChildren(key: QuarantineKey, destination: string, children: readonly Digest[]): Promise<readonly Digest[]>;
  /** Before it is removed: no copy of it could be kept. `reason` is for people. */
  recordNotKept(key: QuarantineKey, holding: Holding, reason: string): Promise<void>;
  recordRemoved(key: QuarantineKey, holding: Holding): Promise<void>;
  confirm(
    key: QuarantineKey,
    seen: { readonly readBacks: number; readonly environments: readonly string[] },
  ): Promise<void>;
  /** Digests of an incident that are not confirmed yet. */
  unconfirmed(incident: string): Promise<number>;
  contain(incident: string): Promise<void>;
}

import type { QuarantineKey } from './quarantine-book.ts';

/** What was taken out of an environment before a copy of it could be kept. */
export interface Unkept extends QuarantineKey {
  /** The environment's repository it was taken out of. */
  readonly destination: string;
  /** The repository it was pushed to: whoever reads its history looks there. */
  readonly repository: string;
  readonly environment: string;
  /** Where a copy belongs. */
  readonly quarantine: string;
  /** Repositories that may still have it. */
  readonly sources: readonly string[];
}

/** Copies that quarantines still owe to those who investigate. */
export interface UnkeptBook {
  /** At most `limit`, in no order: what fails every time is not always the first. Not of what was released. */
  unkept(limit: number): Promise<readonly Unkept[]>;
  /** A copy from `source` is where it belongs. Once. */
  recordKept(one: Unkept, source: string): Promise<void>;
  /** Nobody has it any more. Once; it is not looked for again. `reason` is for people. */
  recordLost(one: Unkept, reason: string): Promise<void>;
}

/** What `pratique doctor` asks the server: one file a check, one list. */
import type { DoctorFacts } from './facts.ts';

/** `unknown`: it could not be looked at, which is not the same as being well. */
export const levels = ['ok', 'warn', 'fail', 'unknown'] as const;
export type Level = (typeof levels)[number];

/** One thing looked at. */
export interface Finding {
  readonly level: Level;
  /** What was found, with the figure. */
  readonly says: string;
  /** What to do next; of everything that is not well. */
  readonly next?: string;
}

export interface ServerCheck {
  /** In kebab-case; stable. */
  readonly name: string;
  /** Throws where something does not answer. */
  examine(facts: DoctorFacts): Promise<readonly Finding[]>;
}

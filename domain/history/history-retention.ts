/** How long histories of closed workflows are kept, and which are never dropped. docs/decisions/0083 says why. */

export interface HistoryRetention {
  /** Seconds that the body of a run is kept after it closed. */
  readonly maximumAge: number;
  /** Bytes of all bodies together; beyond, the oldest that may go do. Undefined: no bound. */
  readonly maximumBytes: number | undefined;
}

/** Workflows that schedules start, hundreds a day: of those that completed nothing stays after a week. */
export const routineKinds = ['exportHistories', 'reconcile', 'rescan', 'syncAdvisories', 'wakeDecisions'] as const;
/** Seconds. */
export const routineMaximumAge = 7 * 86_400;

/** What people are asked about years later: these bodies stay, however old they are and however much they take. */
export const lastingKinds = ['incident', 'keyRotation', 'quarantine', 'rebuild', 'reverify'] as const;

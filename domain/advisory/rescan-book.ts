export interface RescanReport {
  /** Everything is matched under this one. */
  readonly epoch: number;
  /** Component versions of packages that advisories name which changed. */
  readonly versions: number;
  /** What is different of those. */
  readonly changes: number;
  /** Artifacts that were told of, platform by platform. */
  readonly artifacts: number;
  /** Incidents that the policy had opened for new findings. */
  readonly incidents: readonly string[];
}

/** What became of decisions, and of what was grandfathered, whose time was over. */
export interface WakeReport {
  readonly ended: number;
  /** Artifacts that were told of, platform by platform. */
  readonly artifacts: number;
  readonly incidents: readonly string[];
  /** RFC 3339: when the next one ends; absent where none does. */
  readonly next?: string;
}

/** What a rescan does in the database. Tried again after any of its writes, it goes on where it stopped. */
export interface RescanBook {
  rescan(progress: (place: string) => void): Promise<RescanReport>;
  /** Findings that decisions took out of the count, and that are back: told as new ones are. A rescan does it too. */
  wakeDecisions(progress: (place: string) => void): Promise<WakeReport>;
}

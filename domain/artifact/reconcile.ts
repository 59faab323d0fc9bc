/** What a comparison of the registry with what was seen found. */
export interface ReconcileReport {
  readonly repositories: number;
  readonly tags: number;
  /** `<repository>:<tag>` nobody had heard of, started now; the first of them. */
  readonly missed: readonly string[];
  /** How many more were missed than are listed; absent where all of them are. */
  readonly more?: number;
}

/** One comparison that somebody asked for. */
export interface ReconcileRun {
  readonly state: 'running' | 'done' | 'failed';
  /** Once it is done. */
  readonly report?: ReconcileReport | undefined;
  /** Why it failed; or, while it runs, why its last try did. */
  readonly failure?: string | undefined;
}

/** A comparison that runs now. */
export interface StartedReconcile {
  readonly workflowId: string;
  readonly runId: string;
  /** It ran already: what was pushed behind it is seen by the next one. */
  readonly joined: boolean;
}

export interface ReconcileDesk {
  /** Starts one, or joins the one that runs; `actor` is on record either way. */
  start(actor: string): Promise<StartedReconcile>;
  /** Undefined where none is known under the id. Throws where what runs is asked for and Temporal does not answer. */
  read(runId: string): Promise<ReconcileRun | undefined>;
}

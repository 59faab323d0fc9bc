/** Stopping the line: while it stands, nothing enters the environment, whatever was decided. The port behind the API. */

export interface LineStop {
  readonly id: number;
  /** Null: every environment. */
  readonly environment: string | null;
  readonly reason: string;
  readonly stoppedBy: string;
  /** RFC 3339 */
  readonly stoppedAt: string;
  /** Absent while it stands. */
  readonly resumed?: { readonly by: string; readonly reason: string; readonly at: string };
}

export interface LineOrder {
  /** Null: all of them; a stop of one environment and a stop of all stand and end apart. */
  readonly environment: string | null;
  readonly reason: string;
  readonly actor: string;
}

export interface LineDesk {
  /**
   * When this returns, nothing goes live in the environment any more: what was entering has gone live before, or is taken back
   * and waits. One that stands already is returned as it is.
   */
  stop(order: LineOrder): Promise<LineStop>;
  /** What waited for it looks again. Undefined where none stands. */
  resume(order: LineOrder): Promise<LineStop | undefined>;
  /** Newest first. */
  list(of: { readonly ended: boolean; readonly limit: number }): Promise<readonly LineStop[]>;
}

/** As a promotion that waits for it says. */
export function lineStopReason({ environment, reason, stoppedBy }: LineStop): string {
  return `the line ${environment === null ? 'of every environment' : `of ${environment}`} was stopped by ${stoppedBy}: ${reason}`;
}

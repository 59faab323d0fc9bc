import { setTimeout as delay } from 'node:timers/promises';
import { ApiFailure } from './api-client.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 3000;
/** A gateway that restarts is away for seconds; one that is away longer than this will not come back by itself. */
const AWAY_MS = 60_000;

export interface Following<T> {
  read(): Promise<T>;
  /** What stands now, in a line for stderr: said when it changes. */
  describe(state: T): string;
  isOver(state: T): boolean;
}

/** Reads again and again, ever more slowly, until it is over. Rides out a server that is away for a minute. */
export async function follow<T>(
  { read, describe, isOver }: Following<T>,
  note: (line: string) => void,
  signal: AbortSignal,
): Promise<T> {
  let said: string | undefined;
  let awaySince: number | undefined;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
    try {
      const state = await read();
      awaySince = undefined;
      const line = describe(state);
      if (line !== said) {
        note(line);
        said = line;
        pause = FIRST_PAUSE_MS;
      }
      if (isOver(state)) return state;
    } catch (error) {
      if (!isTransient(error)) throw error;
      if (awaySince === undefined) note(`${(error as Error).message}: trying again`);
      awaySince ??= performance.now();
      if (performance.now() - awaySince > AWAY_MS) throw error;
    }
    await delay(pause, undefined, { signal }).catch(() => {
      throw new CliError(exitCodes.infrastructure, 'INTERRUPTED', 'interrupted: what was asked for goes on without us');
    });
  }
}

function isTransient(error: unknown): boolean {
  return (
    error instanceof ApiFailure && (error.code === 'SERVER_UNREACHABLE' || error.status >= 500 || error.status === 429)
  );
}

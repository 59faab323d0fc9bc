import { constants } from 'node:os';
import process from 'node:process';

const ENDS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Whoever starts servers in process groups of their own has to stop them: on a signal `stop` is awaited, and the process ends as the
 * signal would have ended it; a second signal waits for nothing. Returns how to forget it.
 */
export function endWith(stop: () => Promise<unknown>): () => void {
  const end = (name: NodeJS.Signals): void => {
    forget();
    void stop().finally(() => process.exit(128 + (constants.signals[name] ?? 0)));
  };
  const forget = (): void => {
    for (const name of ENDS) process.off(name, end);
  };
  for (const name of ENDS) process.on(name, end);
  return forget;
}

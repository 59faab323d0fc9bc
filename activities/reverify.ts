/** Following a revocation to its end: what relied on it is judged again by its own pipelines. */
import type { ReverifyBook } from '../domain/trust/reverification.ts';
import { withFailures } from './failures.ts';

export function createReverifyActivities({ reverifications }: { readonly reverifications: ReverifyBook }) {
  return withFailures({
    reverifyWaiting: (id: string): Promise<number> => reverifications.waiting(id),
    concludeReverification: (id: string) => reverifications.conclude(id),
  });
}

export type ReverifyActivities = ReturnType<typeof createReverifyActivities>;

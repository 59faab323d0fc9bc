import type { Stack } from '../../infra/dev/stack.ts';
import type { PartStatus } from '../../infra/dev/stack-status.ts';
import { readWork } from './stack-work.ts';

/** What `reportJson` has, for the help of the verbs that print it. */
export const reportShape =
  '{home, running, healthy, parts: [{name, kind, address, version, healthy, reason?, since?, pid, log, restarts, lastExit}], work?}';

/** The stack as `status` and `up` print it with `--json`; `parts` is what its `status()` said. Ends in a newline. */
export async function reportJson(stack: Stack, parts: readonly PartStatus[] | undefined): Promise<string> {
  const report = {
    home: stack.home.dir,
    running: parts !== undefined,
    healthy: areHealthy(parts),
    parts: parts ?? [],
    work: parts === undefined ? undefined : await readWork(stack),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

/** False also where nothing runs. */
export function areHealthy(parts: readonly PartStatus[] | undefined): boolean {
  return parts?.every(({ healthy }) => healthy) ?? false;
}

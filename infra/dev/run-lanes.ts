import type { PrepareContext, PrepareStep } from './prepare.ts';
import { StackError } from './stack-error.ts';

/** Waits for every lane, so that no step still runs when the first failure is handled; a lane ends at its own. */
export async function runLanes(
  lanes: readonly (readonly PrepareStep[])[],
  context: PrepareContext,
  signal: AbortSignal,
): Promise<void> {
  const results = await Promise.allSettled(
    lanes.map(async (steps) => {
      for (const step of steps) {
        if (signal.aborted) throw new StackError('INTERRUPTED', `interrupted before ${step.name}`);
        context.log(`preparing: ${step.name}`);
        await step.run(context);
      }
    }),
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

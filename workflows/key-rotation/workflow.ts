/** A key in the place of another: made, everything live signed by it, an overlap in which both count, the old one retired. */
import { ActivityFailure, ApplicationFailure, sleep } from '@temporalio/workflow';
import { createPersistentSteps, reasonOf } from '../runtime/persistent-step.ts';
import { createPhase } from '../runtime/phase.ts';
import { keys, signing } from './options.ts';

export async function keyRotation({ rotation }: { readonly rotation: string }): Promise<'done' | 'failed'> {
  const phase = createPhase();
  const steps = createPersistentSteps(({ step, lastFailure, nextTryAt }) =>
    keys.noteRotation(rotation, `${step}: ${lastFailure}; tried again at ${nextTryAt ?? ''}`),
  );
  let retireAt: string;
  try {
    ({ retireAt } = await steps.run('make the new key', () => keys.beginRotation(rotation)));
  } catch (error) {
    if (!isPermanent(error)) throw error;
    await keys.failRotation(rotation, reasonOf(error));
    return 'failed';
  }
  await steps.run('sign what is live', () => signing.resignLive(rotation, 1));
  let left = (Date.parse(retireAt) - Date.now()) / 1000;
  for (let pass = 2; ; pass += 1) {
    if (left > 0) {
      phase.waitsFor('overlap');
      await sleep(left * 1000);
      phase.runs();
    }
    // What was under way when the key changed, and what passes again since.
    await steps.run('sign what came meanwhile', () => signing.resignLive(rotation, pass));
    left = await steps.run('retire the old key', () => keys.retireKey(rotation));
    if (left === 0) return 'done';
  }
}

function isPermanent(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof ApplicationFailure && cause.nonRetryable === true;
}

/** One artifact rebuilt from its verified source: the same bytes become evidence, other bytes a replacement. */
import type { RebuildKey } from '../../domain/building/rebuild-book.ts';
import { createPersistentSteps, reasonOf } from '../runtime/persistent-step.ts';
import { book, builder, conclusion } from './options.ts';

export async function rebuild(key: RebuildKey): Promise<string> {
  const steps = createPersistentSteps(async () => undefined);
  const plan = await steps.run('plan', () => book.planRebuild(key));
  if (plan.outcome === 'impossible') {
    await steps.run('record', () => book.failRebuild(key, plan.reason));
    return 'failed';
  }
  try {
    await steps.run('record', () => book.recordBuilding(key, plan.source));
    // Not waited for over and over: a build that fails three times needs a person.
    const rebuilt = await builder.buildFromSource(plan.source, plan.target);
    const { identical } = await steps.run('conclude', () => conclusion.concludeRebuild(key, plan.target, rebuilt));
    return identical ? 'identical' : 'different';
  } catch (error) {
    await steps.run('record', () => book.failRebuild(key, reasonOf(error)));
    return 'failed';
  }
}

import type { RunAnswer } from './api-answers.ts';
import { formatTime, type Style } from './style.ts';

/** A row a step that runs, or is tried again: what, which attempt, why the last one failed and when the next one is. */
export function runSteps({ pending }: RunAnswer, style: Style): string[][] {
  return pending.map(({ activity, attempt, lastFailure, nextTryAt }) => [
    activity,
    `attempt ${attempt}`,
    [
      ...(lastFailure === undefined ? [] : [`failed: ${lastFailure}`]),
      ...(nextTryAt === undefined ? ['runs now'] : [`next try ${formatTime(nextTryAt, style)}`]),
    ].join('; '),
  ]);
}

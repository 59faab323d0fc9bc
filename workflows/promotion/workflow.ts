/** One artifact into one environment: waits for what must be waited for, reserves, copies, is admitted, goes live. */
import { allHandlersFinished, CancellationScope, condition, setHandler } from '@temporalio/workflow';
import type { PromotionKey, Reservation } from '../../domain/promotion/promotion-book.ts';
import { createPersistentSteps, type PersistentSteps, reasonOf } from '../runtime/persistent-step.ts';
import { decidePromotion, lookAgain } from './messages.ts';
import { book, LONGEST_SLEEP_MS, REMINDERS, registry, reservation, trust } from './options.ts';

type Waiting = Extract<Reservation, { outcome: 'waiting' }>;

export async function promotion(key: PromotionKey): Promise<string> {
  let isStirred = false;
  const stir = () => {
    isStirred = true;
  };
  setHandler(lookAgain, stir);
  setHandler(decidePromotion, async (decision) => {
    const outcome = await book.decide(key, decision);
    stir();
    return outcome;
  });
  const steps = createPersistentSteps(async () => undefined);
  const reminder = createReminder(key);
  let ended: string | undefined;
  while (ended === undefined) {
    isStirred = false;
    const reserved = await steps.run('reserve', () => reservation.reserve(key));
    switch (reserved.outcome) {
      case 'ended':
        ended = reserved.state;
        break;
      case 'stale':
        await steps.run('judge again', () => trust.judgeAgain(key));
        break;
      case 'waiting':
        await condition(() => isStirred, untilNextLook(reserved, reminder.nextAt(reserved)));
        if (!isStirred) await reminder.remindIfDue(reserved);
        break;
      case 'reserved':
        ended = await carryOut(key, steps);
    }
  }
  await condition(allHandlersFinished);
  return ended;
}

/** What is undone is registered before it is done: a failure or a cancellation on the way takes the copy back. */
async function carryOut(key: PromotionKey, steps: PersistentSteps): Promise<string> {
  const undo = (state: 'undone' | 'failed' | 'quarantined' | 'superseded' | 'denied', reason: string) =>
    CancellationScope.nonCancellable(() => steps.run('undo', () => registry.undo(key, { state, reason })));
  try {
    const copied = await steps.run('copy', () => registry.copy(key));
    if (copied.outcome === 'refused') return await undone(undo, 'undone', copied.reason);
    const admission = await steps.run('admit', () => trust.admit(key));
    if (admission.outcome === 'refused') return await undone(undo, 'denied', admission.reason);
    const live = await steps.run('go live', () => registry.goLive(key));
    if (live.outcome === 'live') return 'live';
    return await undone(undo, live.state === 'cancelled' ? 'undone' : live.state, live.reason);
  } catch (error) {
    return undone(undo, 'failed', reasonOf(error));
  }
}

async function undone<S extends string>(
  undo: (state: S, reason: string) => Promise<unknown>,
  state: S,
  reason: string,
): Promise<string> {
  await undo(state, reason);
  return state;
}

/** Milliseconds until there is something to look at without being told. */
function untilNextLook(waiting: Waiting, remindAt: number | undefined): number {
  const now = Date.now();
  const until = waiting.until === undefined ? Number.POSITIVE_INFINITY : Date.parse(waiting.until) - now;
  const reminder = remindAt === undefined ? Number.POSITIVE_INFINITY : remindAt - now;
  return Math.max(1000, Math.min(until, reminder, LONGEST_SLEEP_MS));
}

function createReminder(key: PromotionKey) {
  let count = 0;
  let next: number | undefined;
  let interval = 0;
  const nextAt = (waiting: Waiting): number | undefined => {
    if (waiting.remindAt === undefined || count >= REMINDERS) return undefined;
    if (next === undefined) {
      next = Date.parse(waiting.remindAt);
      interval = Math.max(60_000, next - Date.now());
    }
    return next;
  };
  return {
    nextAt,
    async remindIfDue(waiting: Waiting): Promise<void> {
      const due = nextAt(waiting);
      if (due === undefined || due > Date.now()) return;
      count += 1;
      interval *= 2;
      next = due + interval;
      await book.remind(key, count);
    },
  };
}

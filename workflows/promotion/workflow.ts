/** One artifact into one environment: waits for what must be waited for, reserves, copies, is admitted, goes live. */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  patched,
  setHandler,
} from '@temporalio/workflow';
import type { PromotionKey, Reservation } from '../../domain/promotion/promotion-book.ts';
import { closeHere } from '../runtime/close-here.ts';
import { mustContinueAsNew } from '../runtime/must-continue.ts';
import { createPersistentSteps, type PersistentSteps, reasonOf } from '../runtime/persistent-step.ts';
import { createPhase } from '../runtime/phase.ts';
import {
  asDeferred,
  createSigningPatience,
  givenUp,
  type Outage,
  type SigningPatience,
} from '../runtime/signing-patience.ts';
import { decidePromotion, lookAgain } from './messages.ts';
import {
  book,
  closing,
  LONGEST_SLEEP_MS,
  REMINDERS,
  registry,
  reservation,
  SECOND_LOOK_MS,
  SECOND_LOOKS,
  trust,
} from './options.ts';

type Waiting = Extract<Reservation, { outcome: 'waiting' }>;

/** What a run that was before this one hands on: the book has the rest. */
interface Carried {
  readonly secondLooks: number;
  readonly reminders: Reminders;
  readonly outage: Outage;
  readonly phase: string;
}

export async function promotion(key: PromotionKey, carried?: Carried): Promise<string> {
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
  const reminder = createReminder(key, carried?.reminders);
  const phase = createPhase(carried?.phase);
  const patience = createSigningPatience(carried?.outage);
  let ended: string | undefined;
  let secondLooks = carried?.secondLooks ?? 0;
  while (ended === undefined) {
    if (mustContinueAsNew()) {
      // Decisions are in the book then, and the next run looks at it first: nothing it was told is lost.
      await condition(allHandlersFinished);
      const { outage } = patience;
      return continueAsNew<typeof promotion>(key, {
        ...{ secondLooks, reminders: reminder.state(), outage, phase: phase.current },
      });
    }
    isStirred = false;
    const reserved = await steps.run('reserve', () => reservation.reserve(key));
    // Ended or waiting it is already: its state is not touched by this. Histories of before it was told have no such field.
    if ('leftBehind' in reserved)
      await steps.run('undo', () => registry.undo(key, { state: 'undone', reason: reserved.reason }));
    switch (reserved.outcome) {
      case 'ended':
        ended = reserved.state;
        break;
      case 'stale':
        await steps.run('judge again', () => trust.judgeAgain(key));
        break;
      case 'waiting':
        phase.waitsFor(reserved.for);
        await condition(() => isStirred, untilNextLook(reserved, reminder.nextAt(reserved)));
        if (!isStirred) await reminder.remindIfDue(reserved);
        break;
      case 'reserved': {
        phase.runs();
        const result = await carryOut(key, steps, patience, {
          mayLookAgain: secondLooks < SECOND_LOOKS,
          closesHere: reserved.closesHere === true,
        });
        if (typeof result === 'object') {
          phase.waitsFor('signing');
          await steps.pause('admit', result.message, result.wait, () => isStirred);
          break;
        }
        ended = result;
        if (ended !== undefined) break;
        secondLooks += 1;
        await condition(() => isStirred, SECOND_LOOK_MS * secondLooks);
        // What was judged may be what has changed.
        await steps.run('judge again', () => trust.judgeAgain(key));
      }
    }
  }
  await condition(allHandlersFinished);
  return ended;
}

type UndoneAs = Parameters<typeof registry.undo>[1]['state'];

/**
 * What is undone is registered before it is done: a failure or a cancellation on the way takes the copy back. Returns how it
 * ended; undefined where it was taken back for a reason that may pass, and `mayLookAgain`; how long to wait where it is signing
 * that must wait.
 */
async function carryOut(
  key: PromotionKey,
  steps: PersistentSteps,
  patience: SigningPatience,
  { mayLookAgain, closesHere }: { readonly mayLookAgain: boolean; readonly closesHere: boolean },
): Promise<string | undefined | { readonly message: string; readonly wait: number }> {
  const undo = async (state: UndoneAs, reason: string, waitingFor?: 'signing') => {
    const end = { state, reason, ...(waitingFor === undefined ? {} : { waitingFor }) };
    await CancellationScope.nonCancellable(() => steps.run('undo', () => registry.undo(key, end)));
    return state;
  };
  const refuse = async (state: Exclude<UndoneAs, 'waiting'> | 'cancelled', reason: string) => {
    if (state !== 'cancelled') return undo(state, reason);
    if (!mayLookAgain || !patched('second-look')) return undo('undone', reason);
    await undo('waiting', reason);
    return undefined;
  };
  try {
    const copied = await steps.run('copy', () => registry.copy(key));
    if (copied.outcome === 'refused') return await refuse(copied.state ?? 'cancelled', copied.reason);
    const admission = await steps.run('admit', () => trust.admit(key).catch(asDeferred));
    if (admission.outcome === 'signing-deferred') {
      // Nothing that is not admitted stays where it runs.
      const wait = patience.next(admission);
      if (wait === undefined) return await undo('failed', givenUp(admission));
      await undo('waiting', admission.message, 'signing');
      return { message: admission.message, wait };
    }
    patience.reset();
    if (admission.outcome === 'refused') return await refuse(admission.state ?? 'denied', admission.reason);
    const goLive = () => registry.goLive(key);
    const live = await steps.run('go live', closesHere ? () => closeHere(() => closing.goLive(key), goLive) : goLive);
    return live.outcome === 'live' ? 'live' : await refuse(live.state, live.reason);
  } catch (error) {
    return undo('failed', reasonOf(error));
  }
}

/** Milliseconds until there is something to look at without being told. */
function untilNextLook(waiting: Waiting, remindAt: number | undefined): number {
  const now = Date.now();
  const until = waiting.until === undefined ? Number.POSITIVE_INFINITY : Date.parse(waiting.until) - now;
  const reminder = remindAt === undefined ? Number.POSITIVE_INFINITY : remindAt - now;
  return Math.max(1000, Math.min(until, reminder, LONGEST_SLEEP_MS));
}

/** Times in milliseconds, since 1970 and between two. */
interface Reminders {
  readonly count: number;
  readonly next: number | undefined;
  readonly interval: number;
}

function createReminder(key: PromotionKey, carried: Reminders = { count: 0, next: undefined, interval: 0 }) {
  let { count, next, interval } = carried;
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
    state: (): Reminders => ({ count, next, interval }),
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

/** A step that is tried until it succeeds: says why it failed and when it tries next, and can be told to try now. */
import {
  ActivityFailure,
  ApplicationFailure,
  condition,
  defineQuery,
  defineUpdate,
  isCancellation,
  setHandler,
} from '@temporalio/workflow';
import { note } from './note.ts';

export interface StepState {
  readonly step: string;
  readonly attempt: number;
  /** Of the last failed try; empty while the first one runs. */
  readonly lastFailure: string;
  /** RFC 3339; undefined while a try runs. */
  readonly nextTryAt: string | undefined;
}

/** What the workflow is doing, and what keeps it. */
export const currentStep = defineQuery<StepState | undefined>('currentStep');
/** Tries a waiting step at once. False where nothing waits. */
export const retryNow = defineUpdate<boolean>('retryNow');

const FIRST_WAIT_MS = 15_000;
const LONGEST_WAIT_MS = 600_000;

export interface PersistentSteps {
  /** Runs `act`; a failure that another try may mend is waited out. Permanent failures (by type) come through. */
  run<T>(step: string, act: () => Promise<T>): Promise<T>;
  /** Shows a step as waiting for its next try; ends early where it is told to try now, or `isWoken`. */
  pause(step: string, why: string, milliseconds: number, isWoken?: () => boolean): Promise<void>;
}

/**
 * Activities already try a few times in quick succession (options.ts); this is the patience after that. `onWait` records
 * the reason where people look for it.
 */
export function createPersistentSteps(onWait: (state: StepState) => Promise<void>): PersistentSteps {
  let state: StepState | undefined;
  /** Looks that came to nothing, of one step after the other. */
  let paused = { step: '', times: 0 };
  let isHurried = false;
  setHandler(currentStep, () => state);
  setHandler(retryNow, () => {
    if (state?.nextTryAt === undefined) return false;
    isHurried = true;
    return true;
  });
  const pause: PersistentSteps['pause'] = async (step, why, milliseconds, isWoken = () => false) => {
    const nextTryAt = new Date(Date.now() + milliseconds).toISOString();
    paused = { step, times: paused.step === step ? paused.times + 1 : 1 };
    state = { step, attempt: paused.times, lastFailure: why, nextTryAt };
    isHurried = false;
    await condition(() => isHurried || isWoken(), milliseconds);
  };
  return {
    pause,
    async run(step, act) {
      if (paused.step !== step) paused = { step, times: 0 };
      for (let attempt = 1; ; attempt += 1) {
        state = { step, attempt, lastFailure: state?.step === step ? state.lastFailure : '', nextTryAt: undefined };
        try {
          const result = await act();
          state = undefined;
          return result;
        } catch (error) {
          const cause = error instanceof ActivityFailure ? error.cause : error;
          if (isCancellation(error) || (cause instanceof ApplicationFailure && cause.nonRetryable)) throw error;
          const wait = Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), LONGEST_WAIT_MS);
          state = {
            step,
            attempt,
            lastFailure: cause instanceof Error ? cause.message : String(cause),
            nextTryAt: new Date(Date.now() + wait).toISOString(),
          };
          const waiting = state;
          await note(() => onWait(waiting));
          isHurried = false;
          await condition(() => isHurried, wait);
        }
      }
    },
  };
}

/** The reason of a failure that came through, for people. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

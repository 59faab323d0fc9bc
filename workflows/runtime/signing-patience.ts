/** Signatures that must wait for an authority or a log: recognised, tried again, and given up where the policy says so. */
import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import type { SigningDeferral } from '../../domain/trust/signing-error.ts';

export interface Deferred {
  readonly outcome: 'signing-deferred';
  readonly message: string;
  readonly deferral: SigningDeferral;
}

/** For an activity's `catch`: what only waits is a result, everything else is thrown on. */
export function asDeferred(error: unknown): Deferred {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (!(cause instanceof ApplicationFailure) || cause.type !== 'SIGNING_DEFERRED') throw error;
  const [deferral] = (cause.details ?? []) as SigningDeferral[];
  return { outcome: 'signing-deferred', message: cause.message, deferral: deferral ?? { reason: 'unknown' } };
}

const FIRST_WAIT_MS = 5000;
/** What comes back is noticed within this. */
const LONGEST_WAIT_MS = 60_000;

/** Of an outage that is not over: since when (milliseconds since 1970), and how often it was tried. */
export interface Outage {
  readonly since: number | undefined;
  readonly tries: number;
}

export interface SigningPatience {
  /** A run that continues as new hands it on. */
  readonly outage: Outage;
  /** Milliseconds until the next try; undefined where the policy gives up. */
  next(deferred: Deferred): number | undefined;
  /** It was signed: the next outage is another one. */
  reset(): void;
}

export function createSigningPatience(carried: Outage = { since: undefined, tries: 0 }): SigningPatience {
  let { since, tries } = carried;
  return {
    get outage() {
      return { since, tries };
    },
    next({ deferral: { patience } }) {
      since ??= Date.now();
      const left =
        patience?.thereafter === 'give-up' ? since + patience.seconds * 1000 - Date.now() : Number.POSITIVE_INFINITY;
      if (left <= 0) return undefined;
      tries += 1;
      return Math.min(FIRST_WAIT_MS * 2 ** (tries - 1), LONGEST_WAIT_MS, left);
    },
    reset() {
      since = undefined;
      tries = 0;
    },
  };
}

/** Why it was given up, for people. */
export function givenUp({ message, deferral }: Deferred): string {
  return `${message}; given up after the ${deferral.patience?.seconds ?? 0} s that the policy waits`;
}

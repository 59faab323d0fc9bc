/** Looks at what takes as long as it takes: often at first, then ever less, so that a long outage costs few events. */
import { sleep } from '@temporalio/workflow';

const SHORTEST_MS = 2000;
const LONGEST_MS = 60_000;
/** A look is late by no more than this part of what was waited already. */
const LATE = 1 / 4;

export interface Pace {
  /** Milliseconds that were waited so far; a run that continues as new hands it on. */
  readonly waited: number;
  /** Sleeps until the next look, no longer than `most` (milliseconds) where something is to be seen by then. */
  pause(most?: number): Promise<void>;
}

export function createPace(waited = 0): Pace {
  let sum = waited;
  return {
    get waited() {
      return sum;
    },
    async pause(most = LONGEST_MS) {
      const wait = Math.min(most, Math.max(SHORTEST_MS, Math.min(sum * LATE, LONGEST_MS)));
      sum += wait;
      await sleep(wait);
    },
  };
}

/** What a run waits for, as a search attribute: so that Temporal's own list can be asked for everything that waits. */

import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { patched, upsertSearchAttributes } from '@temporalio/workflow';

const attribute = defineSearchAttributeKey('PratiquePhase', SearchAttributeType.KEYWORD);

/** Every run is started with it (adapters/temporal/workflow-starter.ts): one that never waits costs no event. */
const RUNNING = 'running';

export interface Phase {
  /** The attribute's value now; a run that continues as new hands it on, as Temporal hands on the attribute. */
  readonly current: string;
  /** From now on it waits for this. */
  waitsFor(what: string): void;
  /** It waits no more. */
  runs(): void;
}

/** One upsert when a wait begins and one when it is over; the same wait again costs nothing. */
export function createPhase(carried = RUNNING): Phase {
  let current = carried;
  const enter = (phase: string): void => {
    if (phase === current || !patched('phase')) return;
    current = phase;
    upsertSearchAttributes([{ key: attribute, value: phase }]);
  };
  return {
    get current() {
      return current;
    },
    waitsFor: (what) => enter(`waits-for-${what}`),
    runs: () => enter(RUNNING),
  };
}

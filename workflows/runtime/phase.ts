/** What a run waits for, as a search attribute: so that Temporal's own list can be asked for everything that waits. */

import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { patched, upsertSearchAttributes } from '@temporalio/workflow';

const attribute = defineSearchAttributeKey('PratiquePhase', SearchAttributeType.KEYWORD);

/** Every run is started with it (adapters/temporal/workflow-starter.ts): one that never waits costs no event. */
const RUNNING = 'running';

export interface Phase {
  /** From now on it waits for this. */
  waitsFor(what: string): void;
  /** It waits no more. */
  runs(): void;
}

/** One upsert when a wait begins and one when it is over; the same wait again costs nothing. */
export function createPhase(): Phase {
  let current = RUNNING;
  const enter = (phase: string): void => {
    if (phase === current || !patched('phase')) return;
    current = phase;
    upsertSearchAttributes([{ key: attribute, value: phase }]);
  };
  return { waitsFor: (what) => enter(`waits-for-${what}`), runs: () => enter(RUNNING) };
}

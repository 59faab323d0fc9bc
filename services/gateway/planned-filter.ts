import { within } from '../../adapters/concurrency/within.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import { createPlannedPushes } from '../../adapters/postgres/planned-pushes.ts';
import type { IntakeEvent } from '../../domain/events/intake-event.ts';

/** Milliseconds to wait for the database: what it does not answer by then goes the long way. */
const PATIENCE_MS = 500;
/** Milliseconds without asking after it failed to answer: a registry sends its events one by one. */
const REST_MS = 5000;

/**
 * The events that Kafka must carry: all but pushes that were planned, whose outcome is recorded here and now (they are 19 of 20).
 * Where the database is away, all of them: the dispatcher asks it again. See docs/decisions/0020.
 */
export function createPlannedFilter(db: Database): (events: readonly IntakeEvent[]) => Promise<readonly IntakeEvent[]> {
  const planOf = createPlannedPushes(db);
  let restUntil = 0;

  const isPlanned = async (event: IntakeEvent): Promise<boolean> => {
    if (event.kind !== 'artifact-pushed' || Date.now() < restUntil) return false;
    // One that answers after all has dropped the event: the dispatcher finds that outcome, and keeps it.
    const answer = await within(PATIENCE_MS, planOf(event), () => undefined).catch(() => undefined);
    if (answer === undefined) restUntil = Date.now() + REST_MS;
    return answer?.planned ?? false;
  };

  return async (events) => {
    const planned = await Promise.all(events.map(isPlanned));
    return events.filter((_, position) => planned[position] !== true);
  };
}

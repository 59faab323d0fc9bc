/** One digest out of every environment. The fences are up before this starts; this removes, and proves that it is gone. */
import { continueAsNew, getExternalWorkflowHandle, patched, sleep } from '@temporalio/workflow';
import {
  HOLDINGS_AT_ONCE,
  type Holding,
  PROMOTIONS_AT_ONCE,
  placeOf,
  type QuarantineKey,
} from '../../domain/incident/quarantine-book.ts';
import { lookAgain } from '../promotion/messages.ts';
import { mustContinueAsNew } from '../runtime/must-continue.ts';
import { createPace, type Pace } from '../runtime/pace.ts';
import { book, LONGEST_WRITE_MS, registry, trust } from './options.ts';

/** Runs of before were told all places, and all promotions, at once. */
const IN_PAGES = 'quarantine-in-pages';

/** What a run that was before this one hands on. */
interface Carried {
  readonly readBacks: number;
  /** Milliseconds, of each wait: for what is in flight, and for a registry that still serves it. */
  readonly waited: { readonly inFlight: number; readonly clean: number };
  /** The last place of those that are out already, and the environments these were in. */
  readonly after?: string;
  readonly environments?: readonly string[];
}

/** Returns how it ended: `confirmed`, or `released` where it was let out meanwhile. A registry may be away for days. */
export async function quarantine(key: QuarantineKey, carried?: Carried): Promise<'confirmed' | 'released'> {
  const inFlight = createPace(carried?.waited.inFlight);
  const clean = createPace(carried?.waited.clean);
  let readBacks = carried?.readBacks ?? 0;
  let after = carried?.after;
  const environments = new Set(carried?.environments);
  for (;;) {
    const isEnded = await endInFlight(key, inFlight);
    if (isEnded === 'released') return 'released';
    if (isEnded === 'not-yet') {
      const waited = { inFlight: inFlight.waited, clean: clean.waited };
      return continueAsNew<typeof quarantine>(key, {
        ...{ readBacks, waited, environments: [...environments] },
        ...(after === undefined ? {} : { after }),
      });
    }
    const holdings = await (after === undefined ? book.holdings(key) : book.holdings(key, after));
    await removeFromAll(key, holdings);
    const first = await registry.readBack(key, holdings);
    readBacks += 1;
    // A writer that was paused past its lease may still land: looked at once more after the longest write.
    if (holdings.length > 0) await sleep(LONGEST_WRITE_MS);
    const second = await registry.readBack(key, holdings);
    readBacks += 1;
    if (!first.clean || !second.clean) {
      if (patched('quarantine-pace')) await clean.pause();
      continue;
    }
    for (const { environment } of holdings) environments.add(environment);
    const last = holdings.at(-1);
    if (last !== undefined && holdings.length >= HOLDINGS_AT_ONCE && patched(IN_PAGES)) {
      after = placeOf(last);
      continue;
    }
    await book.confirm(key, { readBacks, environments: [...environments] });
    if (patched('quarantine-record')) await trust.attestIncidents(key);
    return 'confirmed';
  }
}

/** One place that refuses, for as long as it does, keeps none of the others. */
async function removeFromAll(key: QuarantineKey, holdings: readonly Holding[]): Promise<void> {
  const inTurn = async (some: readonly Holding[]) => {
    for (const holding of some) await registry.removeFrom(key, holding);
  };
  if (holdings.length < 2 || !patched('removes-side-by-side')) return inTurn(holdings);
  // A repository that several environments held is emptied once: the copy is made before.
  const places = new Map<string, Holding[]>();
  for (const holding of holdings)
    places.set(holding.destination, [...(places.get(holding.destination) ?? []), holding]);
  const removed = await Promise.allSettled([...places.values()].map(inTurn));
  const failed = removed.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/**
 * Promotions are told to look again, find the fence, and take back their copies; then the last lease runs out. `not-yet`: the run
 * has become long, and goes on in a new one.
 */
async function endInFlight(key: QuarantineKey, pace: Pace): Promise<'ended' | 'released' | 'not-yet'> {
  if (mustContinueAsNew()) return 'not-yet';
  if (!(await book.stands(key))) return 'released';
  for (;;) {
    let { promotions, leaseSeconds } = await book.inFlight(key);
    await tellToLookAgain(promotions);
    while (promotions.length >= PROMOTIONS_AT_ONCE && patched(IN_PAGES)) {
      ({ promotions } = await book.inFlight(key, promotions.at(-1)));
      await tellToLookAgain(promotions);
    }
    if (leaseSeconds === 0) return 'ended';
    await pace.pause(leaseSeconds * 1000);
    if (mustContinueAsNew()) return 'not-yet';
  }
}

async function tellToLookAgain(promotions: readonly string[]): Promise<void> {
  await Promise.all(
    promotions.map((id) =>
      getExternalWorkflowHandle(id)
        .signal(lookAgain)
        .catch(() => undefined),
    ),
  );
}

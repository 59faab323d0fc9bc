/** One digest out of every environment. The fences are up before this starts; this removes, and proves that it is gone. */
import { getExternalWorkflowHandle, patched, sleep } from '@temporalio/workflow';
import type { QuarantineKey } from '../../domain/incident/quarantine-book.ts';
import { lookAgain } from '../promotion/messages.ts';
import { book, LONGEST_WRITE_MS, registry, trust } from './options.ts';

/** Returns how it ended: `confirmed`, or `released` where it was let out meanwhile. */
export async function quarantine(key: QuarantineKey): Promise<'confirmed' | 'released'> {
  for (let readBacks = 0; ; ) {
    if (!(await book.stands(key))) return 'released';
    await endInFlight(key);
    const holdings = await book.holdings(key);
    for (const holding of holdings) await registry.removeFrom(key, holding);
    const first = await registry.readBack(key, holdings);
    readBacks += 1;
    // A writer that was paused past its lease may still land: looked at once more after the longest write.
    if (holdings.length > 0) await sleep(LONGEST_WRITE_MS);
    const second = await registry.readBack(key, holdings);
    readBacks += 1;
    if (!first.clean || !second.clean) continue;
    await book.confirm(key, { readBacks, environments: holdings.map((holding) => holding.environment) });
    if (patched('quarantine-record')) await trust.attestIncidents(key);
    return 'confirmed';
  }
}

/** Promotions are told to look again, find the fence, and take back their copies; then the last lease runs out. */
async function endInFlight(key: QuarantineKey): Promise<void> {
  for (;;) {
    const { promotions, leaseSeconds } = await book.inFlight(key);
    await Promise.all(
      promotions.map((id) =>
        getExternalWorkflowHandle(id)
          .signal(lookAgain)
          .catch(() => undefined),
      ),
    );
    if (leaseSeconds === 0) return;
    await sleep(Math.min(leaseSeconds, 2) * 1000);
  }
}

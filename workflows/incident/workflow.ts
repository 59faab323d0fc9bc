/** Follows an incident until everything it selects is confirmed out, and says so. */
import { continueAsNew, sleep } from '@temporalio/workflow';
import { book, INCIDENT_INTERVAL, INCIDENT_LOOKS } from '../quarantine/options.ts';

export async function incident(input: { readonly incident: string }): Promise<void> {
  for (let look = 0; look < INCIDENT_LOOKS; look += 1) {
    if ((await book.unconfirmed(input.incident)) === 0) {
      await book.contain(input.incident);
      return;
    }
    await sleep(INCIDENT_INTERVAL);
  }
  await continueAsNew<typeof incident>(input);
}

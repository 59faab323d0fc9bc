import type { TrustEnd } from '../../domain/trust/trust-ends.ts';
import { type Database, transact } from './database.ts';
import { appendOutbox } from './outbox.ts';

/** An event for each signer and threshold, once, whoever tells it and however often. */
export async function tellTrustEnds(db: Database, ends: readonly TrustEnd[]): Promise<void> {
  for (const { signer, until, days } of ends)
    await transact(db, (trx) =>
      appendOutbox(trx, {
        subject: `key/signer:${signer}`,
        step: `ends/${until}/${days}`,
        type: days === 0 ? 'key.trust-ended' : 'key.trust-ending',
        actor: 'system',
        data: { signer, until, days },
      }),
    );
}

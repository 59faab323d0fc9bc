import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import type { SubjectLease } from '../../domain/artifact/registry.ts';
import { reach } from '../../domain/fault/fault-point.ts';
import type { Database } from './database.ts';

const HOLD_SECONDS = 60;
const GIVE_UP_MS = 120_000;

/**
 * A lease table: no connection and no row stays locked while the holder talks to a registry.
 * A holder that died is overtaken after a minute; one that outlives its lease finds its write merged and read back.
 */
export function createPostgresLease(db: Database): SubjectLease {
  const acquire = async (key: string, holder: string): Promise<boolean> => {
    const result = await sql`
      insert into lease (key, holder, expires_at) values (${key}, ${holder}, now() + make_interval(secs => ${HOLD_SECONDS}))
      on conflict (key) do update set holder = excluded.holder, expires_at = excluded.expires_at
        where lease.expires_at < now()
      returning key`.execute(db);
    return result.rows.length === 1;
  };
  return {
    async hold(key, act) {
      const holder = randomUUID();
      const start = Date.now();
      for (let wait = 5; !(await acquire(key, holder)); wait = Math.min(wait * 2, 250)) {
        if (Date.now() - start > GIVE_UP_MS)
          throw new Error(`the lease on ${key} stayed taken for ${GIVE_UP_MS / 1000} s`);
        await delay(wait * (0.5 + Math.random()));
      }
      try {
        await reach('lease.taken', key);
        const result = await act();
        await reach('lease.done', key);
        return result;
      } finally {
        await db.deleteFrom('lease').where('key', '=', key).where('holder', '=', holder).execute();
      }
    },
  };
}

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { RegistryError, type SubjectLease } from '../../domain/artifact/registry.ts';
import { reach } from '../../domain/fault/fault-point.ts';
import type { Database } from './database.ts';

const HOLD_SECONDS = 60;
const GIVE_UP_MS = 120_000;

/** Counted from before it was asked for, by a clock that nobody sets: over here before it is over in the database. */
const timeFromNow = () => performance.now() + HOLD_SECONDS * 1000;

function checkTime(key: string, until: number): void {
  if (performance.now() < until) return;
  throw new RegistryError('REGISTRY_UNAVAILABLE', `the lease on ${key} ran out before the write: try again`);
}

/**
 * A lease table: no connection and no row stays locked while the holder talks to a registry.
 * A holder that died is overtaken after a minute; one that was paused past its lease writes nothing under it.
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
      let until = timeFromNow();
      for (let wait = 5; !(await acquire(key, holder)); wait = Math.min(wait * 2, 250)) {
        if (Date.now() - start > GIVE_UP_MS)
          throw new Error(`the lease on ${key} stayed taken for ${GIVE_UP_MS / 1000} s`);
        await delay(wait * (0.5 + Math.random()));
        until = timeFromNow();
      }
      try {
        await reach('lease.taken', key);
        const result = await act({ check: () => checkTime(key, until) });
        await reach('lease.done', key);
        return result;
      } finally {
        await db.deleteFrom('lease').where('key', '=', key).where('holder', '=', holder).execute();
      }
    },
  };
}

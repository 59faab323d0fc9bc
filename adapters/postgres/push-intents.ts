import { sql } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { Database } from './database.ts';

/** Intents already committed by this process, remembered up to so many: a tag is a second push of the same digest. */
const REMEMBERED = 10_000;

interface Intent {
  readonly repository: string;
  readonly digest: Digest;
}

/**
 * Records that a push is ours, committed before it is made: the registry's event about it starts nothing. Intents that are
 * asked for together are written by one statement, in one order, so that two processes never wait for each other in a circle.
 */
export function createPushIntents(db: Database): (repository: string, digest: Digest) => Promise<void> {
  const committed = new Set<string>();
  let gathered: { readonly intents: Map<string, Intent>; readonly written: Promise<void> } | undefined;
  const write = async (intents: ReadonlyMap<string, Intent>): Promise<void> => {
    // What is asked for in the same turn of the event loop travels along.
    await new Promise((resolve) => setImmediate(resolve));
    gathered = undefined;
    const rows = [...intents.values()];
    await sql`
      insert into push_intent (repository, digest, kind)
      select repository, digest, 'push' from unnest(${rows.map((row) => row.repository)}::text[], ${rows.map((row) => row.digest)}::text[]) as i(repository, digest)
      order by repository, digest on conflict (repository, digest) do nothing`.execute(db);
    if (committed.size > REMEMBERED) committed.clear();
    for (const key of intents.keys()) committed.add(key);
  };
  return async (repository, digest) => {
    const key = `${repository}@${digest}`;
    if (committed.has(key)) return;
    if (gathered === undefined) {
      const intents = new Map<string, Intent>();
      gathered = { intents, written: write(intents) };
    }
    gathered.intents.set(key, { repository, digest });
    await gathered.written;
  };
}

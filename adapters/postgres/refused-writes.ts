import { sql } from 'kysely';
import { type Database, transact } from './database.ts';
import { appendOutbox } from './outbox.ts';

export interface RefusedWrite {
  /** Whose token asked. */
  readonly subject: string;
  /** A scope's name: checked for its characters and length, not for being a repository's. */
  readonly repository: string;
  readonly actions: readonly string[];
}

/** Tells of it once a day for each identity and repository: a client that tries again says nothing new. */
export async function recordRefusedWrite(db: Database, { subject, repository, actions }: RefusedWrite): Promise<void> {
  await transact(db, async (trx) => {
    const { rows } = await sql<{ day: string }>`select to_char(now() at time zone 'utc', 'YYYY-MM-DD') as day`.execute(
      trx,
    );
    await appendOutbox(trx, {
      subject: `registry/${subject}`,
      step: `refused:${repository}:${rows[0]?.day ?? ''}`,
      type: 'registry.write-refused',
      actor: subject,
      data: { repository, actions },
    });
  });
}

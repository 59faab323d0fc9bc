/**
 * What a promotion let in and the registry has no more, though nobody here took it out: somebody deleted it there, or the registry
 * was set back. It counts as live for all that watches what runs; only what would be copied from there, or asked for there, does not
 * rest on it.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import { type ArtifactKey, subjectOf } from '../../domain/artifact/subject.ts';
import type { Gone } from '../../domain/promotion/gone-book.ts';
import { type Database, type Executor, transact } from './database.ts';
import { isAdmitted } from './grandfathered.ts';
import type { Place } from './live-place.ts';
import { withHolders } from './nesting.ts';
import { appendOutbox } from './outbox.ts';
import { recordFinding } from './record-finding.ts';

/** In `gone_place`: the bytes, whatever tags named them. */
const ITSELF = '';

/** That the place `p` (an alias of `placement`, or of rows with its key) lacks what it had, or `tag` (null for none) on it. */
export function isGone(p: string, tag: RawBuilder<unknown> | string | null = null): RawBuilder<boolean> {
  const column = (name: string) => sql.ref(`${p}.${name}`);
  return sql<boolean>`exists (
    select from gone_place g where g.environment = ${column('environment')} and g.destination = ${column('destination')}
      and g.digest = ${column('digest')} and g.tag in (${ITSELF}, coalesce(${tag}::text, ${ITSELF})))`;
}

/** That it is live there for us, and not for the registry. */
export async function isGoneFrom(
  executor: Executor,
  { environment, destination }: Place,
  digest: Digest,
  tag: string | null,
): Promise<boolean> {
  const { rows } = await sql`
    select from placement p where p.environment = ${environment} and p.destination = ${destination} and p.digest = ${digest}
      and p.state = 'live' and ${isGone('p', tag)}`.execute(executor);
  return rows.length > 0;
}

/** What promotions let in there that has `digest`: itself, and indexes it is in. Nothing of what a quarantine takes out. */
export async function liveWith(executor: Executor, { repository, digest }: ArtifactKey): Promise<readonly Digest[]> {
  const { rows } = await sql<{ digest: Digest }>`
    select distinct p.digest from placement p
    where p.destination = ${repository} and p.state = 'live' and p.digest = any(${withHolders(digest)}) and ${isAdmitted('p')}
      and not exists (select from artifact_fence f where f.digest in (p.digest, ${digest}) and f.state = 'fenced')
    order by 1`.execute(executor);
  return rows.map((row) => row.digest);
}

/** See `GoneBook`. */
export function recordGone(db: Database, { place, key, lacks, tag }: Gone): Promise<void> {
  const { environment, destination } = place;
  return transact(db, async (trx) => {
    const { rows: gone } = await sql<{ id: number; tag: string }>`
      with lost as (
        select ${ITSELF} as tag where ${tag ?? null}::text is null
        union
        select tag from channel where environment = ${environment} and destination = ${destination} and digest = ${key.digest}
          and tag = coalesce(${tag ?? null}::text, tag))
      insert into gone_place (environment, destination, digest, tag)
      select p.environment, p.destination, p.digest, lost.tag from placement p, lost
      where p.environment = ${environment} and p.destination = ${destination} and p.digest = ${key.digest} and p.state = 'live'
        -- Looked at before its fence was there.
        and not exists (select from artifact_fence f where f.digest = p.digest and f.state = 'fenced')
      on conflict (environment, destination, digest, tag) do nothing returning id, tag`.execute(trx);
    const told = gone.find((one) => one.tag === (tag ?? ITSELF));
    if (told === undefined) return;
    // The tag alone: the artifact is there.
    const only = tag === undefined ? {} : { tag };
    const tags = gone.flatMap((one) => (one.tag === ITSELF ? [] : [one.tag])).toSorted();
    const detail = { environment, from: destination, tags, ...(lacks === key.digest ? {} : { lacks }), ...only };
    const subject = subjectOf(key);
    const step = `gone/${told.id}`;
    await recordFinding(trx, { kind: 'deleted-past-us', detail, subject, eventId: step });
    await appendOutbox(trx, { subject, step, type: 'artifact.deleted-past-us', actor: 'system', data: detail });
  });
}

/** It is, or will be, there again, under `tag` where one is given. Returns whether it was gone. */
export async function forgetGone(
  executor: Executor,
  { environment, destination }: Place,
  digest: Digest,
  tag: string | null = null,
): Promise<boolean> {
  const { rows } = await sql`
    delete from gone_place where environment = ${environment} and destination = ${destination} and digest = ${digest}
      and tag = ${tag ?? ITSELF} returning 1`.execute(executor);
  return rows.length > 0;
}

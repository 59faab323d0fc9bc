/** Who owns what is in an environment. A claim outlives its promotion, so that an undo that is tried again gives the same answer. */
import { type RawBuilder, sql, type Transaction } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import { workflowIds } from '../../domain/artifact/subject.ts';
import type { PromotionKey } from '../../domain/promotion/promotion-book.ts';
import { ABOUT_A_PLACE } from '../../domain/trust/evidence-travels.ts';
import type { Executor } from './database.ts';
import { forgetGone } from './gone-places.ts';
import { IMPORT_CLAIM } from './grandfathered.ts';
import { withHolders, withInside } from './nesting.ts';
import type { Schema } from './schema.ts';

type Trx = Transaction<Schema>;

/** The name of a promotion's claim. */
export const claimOf = (key: PromotionKey) => `${workflowIds.promotion(key.environment, key)}#${key.generation}`;

export interface Claim {
  readonly destination: string;
  readonly created: readonly Digest[];
  /** Released claims hold nothing any more. */
  readonly isReleased: boolean;
  /** What its tag named before it was moved, empty for nothing; null where it was not. */
  readonly tagBefore: string | null;
}

/** In `placement_claim`: by the place, so that the index finds it among all of an environment. */
const isClaimOf = (key: PromotionKey): RawBuilder<boolean> => sql<boolean>`environment = ${key.environment}
  and destination in (select p.destination from placement p where p.environment = ${key.environment} and p.digest = ${key.digest})
  and digest = ${key.digest} and claim = ${claimOf(key)}`;

/** The claim of a promotion, wherever the policy of the day put it last; undefined where it never reserved. */
export async function findClaim(executor: Executor, key: PromotionKey): Promise<Claim | undefined> {
  const row = await executor
    .selectFrom('placement')
    .innerJoin('placement_claim as c', (join) =>
      join
        .onRef('c.environment', '=', 'placement.environment')
        .onRef('c.destination', '=', 'placement.destination')
        .onRef('c.digest', '=', 'placement.digest'),
    )
    .select(['c.destination', 'c.created', 'c.released_at', 'c.tag_before'])
    .where('placement.digest', '=', key.digest)
    .where('placement.environment', '=', key.environment)
    .where('c.claim', '=', claimOf(key))
    .orderBy(sql`c.released_at is not null`)
    .orderBy('c.claimed_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { destination, created, released_at, tag_before } = row;
  return { destination, created: created as Digest[], isReleased: released_at !== null, tagBefore: tag_before };
}

/** That a promotion holds it at the destination, by itself or in an index. */
function isHeldThere(destination: string, subject: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql<boolean>`exists (
    select from placement p join placement_claim c using (environment, destination, digest)
    where p.destination = ${destination} and p.digest = any(${withHolders(subject)}) and p.state <> 'removed'
      and c.released_at is null and not starts_with(c.claim, ${IMPORT_CLAIM}))`;
}

/**
 * Takes a place in the environment; one that is live stays live. The same claim twice changes nothing. Where nobody who was let in
 * holds the place, what says so is of a promotion that was taken back, or out, or was deleted past us: the registry has it no
 * more, or need not have it, and this one, which says it anew, does not wait for that (docs/decisions/0172).
 */
export async function claimPlacement(trx: Trx, key: PromotionKey, destination: string): Promise<void> {
  const { environment, digest } = key;
  const wasGone = await forgetGone(trx, { environment, destination }, digest);
  if (wasGone)
    await trx
      .updateTable('placement_claim')
      .set({ released_at: sql<Date>`coalesce(released_at, now())` })
      .where('environment', '=', environment)
      .where('destination', '=', destination)
      .where('digest', '=', digest)
      .where('claim', '<>', claimOf(key))
      .execute();
  const revived = await trx
    .insertInto('placement')
    .values({ environment, destination, digest, state: 'reserved' })
    .onConflict((conflict) =>
      conflict
        .columns(['environment', 'destination', 'digest'])
        .doUpdateSet({ state: 'reserved', since: sql<Date>`now()` })
        .where(({ or, eb, val }) => or([eb('placement.state', '=', 'removed'), val(wasGone)])),
    )
    .returning('digest')
    .executeTakeFirst();
  // What earlier claims left was taken out before anybody may reserve again: one promotion of it is open at a time. Its own may
  // have been lost before: what it made, and where its tag was, is still to be taken back.
  if (revived !== undefined)
    await trx
      .deleteFrom('placement_claim')
      .where('environment', '=', environment)
      .where('destination', '=', destination)
      .where('digest', '=', digest)
      .where('claim', '<>', claimOf(key))
      .where('released_at', 'is not', null)
      .execute();
  await trx
    .with('forgotten', (query) =>
      query
        .deleteFrom('evidence')
        .where('repository', '=', destination)
        .where('origin', '=', 'own')
        .where('predicate_type', 'in', [...ABOUT_A_PLACE])
        .where(sql<boolean>`subject = any(${withInside(digest)})`)
        .where(({ not }) => not(isHeldThere(destination, sql.ref('evidence.subject')))),
    )
    .insertInto('placement_claim')
    .values({ environment, destination, digest, claim: claimOf(key), created: '[]' })
    // One that was given up, and is looked at again, holds again.
    .onConflict((conflict) =>
      conflict
        .columns(['environment', 'destination', 'digest', 'claim'])
        .doUpdateSet({ released_at: null, claimed_at: sql<Date>`now()` }),
    )
    .execute();
}

/** What a claim made, and this (a list in JSON) too: for `set created`. */
export const withCreated = (more: RawBuilder<unknown>): RawBuilder<unknown> => sql`(
  select coalesce(jsonb_agg(distinct d), '[]') from jsonb_array_elements_text(created || ${more}) as d)`;

interface Place {
  readonly environment: string;
  readonly destination: string;
  readonly digest: Digest;
}

/** What one claim made is another's to take out from now on. */
async function addCreated(trx: Trx, at: Place, claim: string, created: readonly Digest[]): Promise<void> {
  await sql`
    update placement_claim set created = ${withCreated(sql`${JSON.stringify(created)}::jsonb`)}
    where environment = ${at.environment} and destination = ${at.destination} and digest = ${at.digest} and claim = ${claim}`.execute(
    trx,
  );
}

/** Whether a claim that was given up made something, or moved its tag, that nobody took back yet. */
export async function hasLeftBehind(trx: Trx, key: PromotionKey): Promise<boolean> {
  const claim = await findClaim(trx, key);
  if (claim === undefined || !claim.isReleased) return false;
  return claim.created.length > 0 || (claim.tagBefore !== null && claim.tagBefore !== key.digest);
}

/** Of a claim that was given up: all it made is gone, and its tag is where it was. */
export async function forgetCreated(executor: Executor, key: PromotionKey): Promise<void> {
  await sql`
    update placement_claim set created = '[]', tag_before = null
    where ${isClaimOf(key)} and released_at is not null`.execute(executor);
}

/** Adds to what the claim makes at its destination. False where the claim was given up, or never made. */
export async function recordCreated(
  executor: Executor,
  key: PromotionKey,
  created: readonly Digest[],
): Promise<boolean> {
  const recorded = await sql`
    update placement_claim set created = ${withCreated(sql`${JSON.stringify(created)}::jsonb`)}
    where ${isClaimOf(key)} and released_at is null
    returning 1`.execute(executor);
  return recorded.rows.length > 0;
}

/**
 * Gives the place up. Returns what this claim made, where nobody else claims the place or needs it elsewhere; the same again,
 * where it is asked again.
 */
export async function abandonClaim(
  trx: Trx,
  key: PromotionKey,
): Promise<{ readonly destination: string; readonly remove: readonly Digest[] }> {
  const claim = await findClaim(trx, key);
  if (claim === undefined) return { destination: key.repository, remove: [] };
  const at = { environment: key.environment, destination: claim.destination, digest: key.digest };
  // One at a time per place: of two claims that go together, the later one sees that it is alone.
  await sql`select 1 from placement where environment = ${at.environment} and destination = ${at.destination} and digest = ${at.digest} for no key update`.execute(
    trx,
  );
  await trx
    .updateTable('placement_claim')
    .set({ released_at: sql<Date>`coalesce(released_at, now())` })
    .where('environment', '=', at.environment)
    .where('destination', '=', at.destination)
    .where('digest', '=', at.digest)
    .where('claim', '=', claimOf(key))
    .execute();
  const others = await trx
    .selectFrom('placement_claim')
    .select('claim')
    .where('environment', '=', at.environment)
    .where('destination', '=', at.destination)
    .where('digest', '=', at.digest)
    .where('released_at', 'is', null)
    .execute();
  const heir = others.find((other) => !other.claim.startsWith(IMPORT_CLAIM));
  if (heir !== undefined) {
    await addCreated(trx, at, heir.claim, claim.created);
    return { destination: claim.destination, remove: [] };
  }
  // What was there before stays there; what says that it was let in goes.
  if (others.length === 0)
    await trx
      .updateTable('placement')
      .set({ state: 'removed', since: sql<Date>`now()` })
      .where('environment', '=', at.environment)
      .where('destination', '=', at.destination)
      .where('digest', '=', at.digest)
      .where('state', '<>', 'removed')
      .execute();
  const needed = await handOver(trx, at, claim.created);
  return { destination: claim.destination, remove: claim.created.filter((made) => !needed.has(made)) };
}

/**
 * What others at the destination need of what a claim made: an image that is there by itself or in another index, and
 * evidence about it. It is theirs from now on, so that the last one that is undone removes it. Who is fenced needs nothing.
 */
async function handOver(
  trx: Trx,
  at: { readonly destination: string; readonly digest: Digest },
  created: readonly Digest[],
): Promise<ReadonlySet<Digest>> {
  const result = await sql<{ made: Digest }>`
    with needs as (
      select p.environment, p.digest as holder, made from unnest(${created}::text[]) as made, placement p
      where p.destination = ${at.destination} and p.digest <> ${at.digest} and p.state <> 'removed'
        and not exists (select 1 from artifact_fence f where f.digest = p.digest and f.state = 'fenced')
        and exists (
          select 1 from unnest(${withInside(sql.ref('p.digest'))}) as i (inside)
          where i.inside = made or exists (select 1 from evidence v where v.manifest = made and v.subject = i.inside))
    ), handed as (
      update placement_claim c set created = ${withCreated(sql`n.made`)}
      from (select environment, holder, jsonb_agg(made) as made from needs group by 1, 2) n
      where c.environment = n.environment and c.destination = ${at.destination} and c.digest = n.holder and c.released_at is null
    ) select distinct made from needs`.execute(trx);
  return new Set(result.rows.map(({ made }) => made));
}

/** Rotations of keys: what people ask, and what the trust worker does of it. */
import { randomBytes } from 'node:crypto';
import { sql, type Transaction } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import { taskQueues, workflowIds } from '../../domain/artifact/subject.ts';
import type {
  KeyRotation,
  LivePlace,
  NewKey,
  RotationBook,
  RotationDesk,
  RotationPlace,
  RotationRequest,
} from '../../domain/trust/key-rotation.ts';
import { predicateTypes } from '../../domain/trust/statement.ts';
import { type Database, transact } from './database.ts';
import { isOnlyImported } from './grandfathered.ts';
import { withInside } from './nesting.ts';
import { appendOutbox } from './outbox.ts';
import { refuseKnownKey } from './own-keys.ts';
import { withCreated } from './placement-claims.ts';
import type { Schema } from './schema.ts';
import { requestWorkflow } from './workflow-request.ts';

type Trx = Transaction<Schema>;

const ADMISSION = 'admission-';
/** Rotations and places that are listed. */
const LISTED = 50;
const LISTED_PLACES = 500;

/** `wake` has what was requested started now rather than by the next sweep. */
export function createRotationDesk(db: Database, wake: () => Promise<void>): RotationDesk {
  return {
    async request(request, actor) {
      const outcome = await transact(db, (trx) => requestRotation(trx, request, actor));
      await wake();
      return outcome;
    },
    async list() {
      const rows = await db
        .selectFrom('key_rotation')
        .select('id')
        .orderBy('requested_at', 'desc')
        .limit(LISTED)
        .execute();
      const found = await Promise.all(rows.map(({ id }) => readRotation(db, id)));
      return found.filter((rotation) => rotation !== undefined);
    },
  };
}

async function requestRotation(
  trx: Trx,
  { key, reason, overlapSeconds, reference }: RotationRequest,
  actor: string,
): ReturnType<RotationDesk['request']> {
  const known = await trx.selectFrom('own_key').select('key_id').where('name', '=', key).executeTakeFirst();
  if (known === undefined || (key !== 'evidence' && !key.startsWith(ADMISSION)))
    return { outcome: 'refused', reason: `there is no own key ${key} that signs: "pratique key list" names them` };
  const id = `rot-${new Date().toISOString().slice(0, 10)}-${randomBytes(4).toString('hex')}`;
  const inserted = await trx
    .insertInto('key_rotation')
    .values({
      id,
      key,
      reason,
      requested_by: actor,
      overlap_seconds: overlapSeconds,
      reference: reference ?? null,
      old_keys: '[]',
      new_key: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  if (inserted === undefined) {
    const open = await trx
      .selectFrom('key_rotation')
      .select('id')
      .where('key', '=', key)
      .where('state', 'not in', ['done', 'failed'])
      .executeTakeFirstOrThrow();
    return { outcome: 'already-open', rotation: open.id };
  }
  await requestWorkflow(trx, {
    id: workflowIds.keyRotation(id),
    kind: 'keyRotation',
    taskQueue: taskQueues.control,
    input: { rotation: id },
    generation: 1,
  });
  await announce(trx, id, {
    step: 'requested',
    type: 'key.rotation-requested',
    actor,
    data: { key, reason, overlapSeconds },
  });
  return { outcome: 'requested', rotation: id };
}

function announce(
  trx: Trx,
  rotation: string,
  event: { step: string; type: string; actor?: string; data: Record<string, unknown> },
): Promise<void> {
  return appendOutbox(trx, { subject: `key-rotation/${rotation}`, actor: 'system', ...event });
}

export function createRotationBook(db: Database): RotationBook {
  return {
    read: (rotation) => readRotation(db, rotation),
    async nextNumber(rotation) {
      const { rows } = await sql<{ number: number }>`
        select count(*)::int as number from key_rotation r join key_rotation me on me.id = ${rotation}
        where r.key = me.key and (r.requested_at, r.id) <= (me.requested_at, me.id)`.execute(db);
      return (rows[0]?.number ?? 1) + 1;
    },
    begin: (rotation, made) => transact(db, (trx) => begin(trx, rotation, made)),
    lacking: (rotation, pass, limit) => lacking(db, rotation, pass, limit),
    async recordCreated({ environment, destination, digest }, created) {
      const { rows } = await sql`
        update placement_claim c set created = ${withCreated(sql`${JSON.stringify(created)}::jsonb`)}
        where c.environment = ${environment} and c.destination = ${destination} and c.digest = ${digest} and c.released_at is null
          and exists (select from placement p where p.environment = c.environment and p.destination = c.destination
            and p.digest = c.digest and p.state = 'live')
        returning 1`.execute(db);
      return rows.length > 0;
    },
    async record(rotation, pass, { environment, destination, digest }, { outcome, reason }) {
      await db
        .insertInto('key_rotation_place')
        .values({ rotation, environment, destination, digest, outcome, reason: reason.slice(0, 2000), pass })
        .onConflict((conflict) =>
          conflict
            .columns(['rotation', 'environment', 'destination', 'digest'])
            .doUpdateSet({ outcome, reason: reason.slice(0, 2000), pass, at: sql<Date>`now()` }),
        )
        .execute();
    },
    async overlap(rotation) {
      await move(db, rotation, 'overlap', ['signing']);
    },
    async note(rotation, note) {
      await db
        .updateTable('key_rotation')
        .set({ note: note.slice(0, 2000) })
        .where('id', '=', rotation)
        .execute();
    },
    retire: (rotation) => transact(db, (trx) => retire(trx, rotation)),
    async fail(rotation, reason) {
      await transact(db, async (trx) => {
        if (!(await move(trx, rotation, 'failed', ['requested'], reason))) return;
        await announce(trx, rotation, { step: 'failed', type: 'key.rotation-failed', data: { reason } });
      });
    },
  };
}

async function move(
  db: Database | Trx,
  rotation: string,
  state: KeyRotation['state'],
  from: KeyRotation['state'][],
  note = '',
): Promise<boolean> {
  const isEnd = state === 'done' || state === 'failed';
  const moved = await db
    .updateTable('key_rotation')
    .set({ state, note: note.slice(0, 2000), ...(isEnd ? { ended_at: sql<Date>`now()` } : {}) })
    .where('id', '=', rotation)
    .where('state', 'in', from)
    .returning('id')
    .executeTakeFirst();
  return moved !== undefined;
}

/** Whoever records a use of a key holds the head: from here on nothing is recorded of one that this stops. */
async function lockKeyUses(trx: Trx): Promise<void> {
  await sql`select position from key_use_head for update`.execute(trx);
}

async function begin(trx: Trx, id: string, made: NewKey): Promise<void> {
  const { keyId, publicKeyPem, file, reference } = made;
  await lockKeyUses(trx);
  const row = await trx
    .selectFrom('key_rotation')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirstOrThrow();
  if (row.state !== 'requested') return;
  await refuseKnownKey(trx, made);
  await trx
    .insertInto('own_key')
    .values({
      ...{ key_id: keyId, name: row.key, public_key: publicKeyPem, file: file ?? null, reference: reference ?? null },
      first_seen: sql<Date>`clock_timestamp()`,
    })
    // Registered by a worker that started between the key and this.
    .onConflict((conflict) =>
      conflict
        .column('key_id')
        .doUpdateSet({ first_seen: sql<Date>`clock_timestamp()`, file: file ?? null, reference: reference ?? null }),
    )
    .execute();
  const old = await trx
    .updateTable('own_key')
    .set({ state: 'retiring' })
    .where('name', '=', row.key)
    .where('key_id', '<>', keyId)
    .where('state', 'in', ['trusted', 'retiring'])
    .returning('key_id')
    .execute();
  const oldKeys = old.map(({ key_id }) => key_id);
  await trx
    .updateTable('key_rotation')
    .set({
      ...{ state: 'signing', new_key: keyId, old_keys: JSON.stringify(oldKeys) },
      began_at: sql<Date>`clock_timestamp()`,
      retire_at: sql<Date>`clock_timestamp() + make_interval(secs => overlap_seconds)`,
    })
    .where('id', '=', id)
    .execute();
  await announce(trx, id, { step: 'began', type: 'key.rotating', data: { key: row.key, newKey: keyId, oldKeys } });
}

async function lacking(db: Database, rotation: string, pass: number, limit: number): Promise<LivePlace[]> {
  const { rows } = await sql<{
    environment: string;
    destination: string;
    digest: Digest;
    repository: string | null;
    generation: number | null;
    fenced_by: string | null;
  }>`
    select p.environment, p.destination, p.digest, m.repository, m.generation, (
        select 'incident ' || coalesce(f.incident, '') || ': ' || coalesce(f.reason, '') from artifact_fence f where f.state = 'fenced'
          and f.digest = any(${withInside(sql.ref('p.digest'))}) limit 1) as fenced_by
    from ${toSign(rotation)}
    left join lateral (
      select q.repository, q.generation from promotion q join placement_claim c
        on c.environment = p.environment and c.destination = p.destination and c.digest = p.digest and c.released_at is null
          and c.claim = 'promotion/' || q.environment || '/' || q.repository || '@' || q.digest || '#' || q.generation
      where q.digest = p.digest and q.environment = p.environment and q.state = 'live' order by q.generation desc limit 1) m on true
    where not exists (select from key_rotation_place s where s.rotation = ${rotation} and s.environment = p.environment
      and s.destination = p.destination and s.digest = p.digest and (s.outcome = 'signed' or s.pass = ${pass}))
    order by p.environment, p.destination, p.digest limit ${limit}`.execute(db);
  return rows.map(({ repository, generation, fenced_by, ...place }) => ({
    ...place,
    repository: repository ?? '',
    generation: generation ?? 0,
    fencedBy: fenced_by ?? undefined,
  }));
}

/** Live places of the rotation's key that bear nothing by the new one; of the evidence key, everywhere. */
function toSign(rotation: string) {
  const types = [predicateTypes.cosignSignature, predicateTypes.cycloneDx, predicateTypes.spdx, predicateTypes.vulns];
  return sql`key_rotation r join placement p on p.state = 'live' and (r.key = 'evidence' or r.key = ${ADMISSION} || p.environment)
    and r.id = ${rotation} and not ${isOnlyImported('p')} and not exists (select from evidence e where e.repository = p.destination and e.subject = p.digest
      and e.identity = 'key:' || r.new_key and e.predicate_type = any(${types}::text[]))`;
}

/** Not before its time, whoever asks; 0 where it is done. */
async function retire(trx: Trx, id: string): Promise<number> {
  await lockKeyUses(trx);
  const row = await trx
    .selectFrom('key_rotation')
    .selectAll()
    .select(sql<number>`greatest(0, extract(epoch from retire_at - clock_timestamp()))::float8`.as('seconds_left'))
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirstOrThrow();
  if (row.state === 'overlap' && row.seconds_left > 0) return row.seconds_left;
  if (!(await move(trx, id, 'done', ['overlap']))) return 0;
  const retired = await trx
    .updateTable('own_key')
    .set({ state: 'retired', ended_at: sql<Date>`clock_timestamp()` })
    .where('name', '=', row.key)
    .where('state', '=', 'retiring')
    .returning('key_id')
    .execute();
  const { rows } = await sql<{ signed: number; refused: RotationPlace[] | null }>`
    select count(*) filter (where outcome = 'signed')::int as signed,
      jsonb_agg(jsonb_build_object('environment', environment, 'destination', destination, 'digest', digest, 'reason', reason)
        order by environment, destination, digest) filter (where outcome = 'refused') as refused
    from key_rotation_place where rotation = ${id}`.execute(trx);
  const refused = rows[0]?.refused ?? [];
  await announce(trx, id, {
    step: 'retired',
    type: 'key.retired',
    data: {
      key: row.key,
      newKey: row.new_key,
      retired: retired.map(({ key_id }) => key_id),
      signed: rows[0]?.signed ?? 0,
      refused: refused.length,
      firstRefused: refused.slice(0, 50),
    },
  });
  return 0;
}

async function readRotation(db: Database, id: string): Promise<KeyRotation | undefined> {
  const row = await db.selectFrom('key_rotation').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) return undefined;
  const { rows } = await sql<{ signed: number; remaining: number }>`
    select (select count(*)::int from key_rotation_place where rotation = ${id} and outcome = 'signed') as signed,
      (select count(*)::int from ${toSign(id)} where not exists (select from key_rotation_place s where s.rotation = ${id}
        and s.environment = p.environment and s.destination = p.destination and s.digest = p.digest)) as remaining`.execute(
    db,
  );
  const refused = await db
    .selectFrom('key_rotation_place')
    .select(['environment', 'destination', 'digest', 'reason'])
    .where('rotation', '=', id)
    .where('outcome', '=', 'refused')
    .orderBy('environment')
    .orderBy('destination')
    .orderBy('digest')
    .limit(LISTED_PLACES)
    .execute();
  const isOpen = row.state !== 'done' && row.state !== 'failed';
  return {
    id,
    key: row.key,
    reason: row.reason,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at.toISOString(),
    overlapSeconds: row.overlap_seconds,
    reference: row.reference ?? undefined,
    state: row.state,
    note: row.note,
    oldKeys: row.old_keys,
    newKey: row.new_key ?? undefined,
    retireAt: row.retire_at?.toISOString(),
    endedAt: row.ended_at?.toISOString(),
    signed: rows[0]?.signed ?? 0,
    remaining: isOpen ? (rows[0]?.remaining ?? 0) : 0,
    refused: refused.map((place) => ({ ...place, digest: place.digest as Digest })),
  };
}

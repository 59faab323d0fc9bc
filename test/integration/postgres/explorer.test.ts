/**
 * Many orders of the same few things, statement by statement, on the real database: whatever the order, what must never
 * be is not. `PRATIQUE_EXPLORE=5000` tries more orders; `PRATIQUE_SEED=<n>` starts at a seed that a failure named.
 */
import process from 'node:process';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../../adapters/postgres/database.ts';
import type { Digest } from '../../../domain/artifact/digest.ts';
import type { ArtifactKey } from '../../../domain/artifact/subject.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { createHarbour, digestOf, type Harbour, LEASE_SECONDS, policyText, signerOf } from './harbour.ts';
import { interleave, seeded } from './turnstile.ts';

const ORDERS = Number(process.env.PRATIQUE_EXPLORE ?? 100);
const FIRST_SEED = Number(process.env.PRATIQUE_SEED ?? 1);

let own: TestDatabase;
let monitor: TestDatabase['db'];
let name: string;

beforeAll(async () => {
  own = await createTestDatabase();
  name = new URL(own.url).pathname.slice(1);
  monitor = own.db;
  // Circles of locks are found at once, not after the usual second. Where the test may not set it, they take longer.
  await sql`alter database ${sql.id(name)} set deadlock_timeout = '20ms'`.execute(own.db).catch(() => undefined);
  await createHarbour(own.db).policies.activate(policyText(1), 'policy.yaml', 'test');
});
afterAll(() => own.drop());

async function sessionsWaiting(): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from pg_stat_activity where datname = ${name} and wait_event_type = 'Lock'`.execute(monitor);
  return rows[0]?.n ?? 0;
}

interface World {
  readonly image: ArtifactKey;
  readonly copy: ArtifactKey;
  readonly index: ArtifactKey;
  readonly signer: string;
}

const contentOf = (world: World, key: ArtifactKey) =>
  key === world.index
    ? { children: [world.image.digest], tag: `index ${world.signer}` }
    : { config: `config ${key.digest}`, layers: [`layer ${world.signer}`], tag: `tag ${world.signer}` };

async function createWorld(harbour: Harbour, seed: number): Promise<World> {
  const key = (what: string): ArtifactKey => ({ repository: 'shop', digest: digestOf(`${what} of world ${seed}`) });
  const world = { image: key('image'), copy: key('copy'), index: key('index'), signer: `signer of world ${seed}` };
  for (const artifact of [world.image, world.copy, world.index])
    await harbour.requestDev(artifact, contentOf(world, artifact));
  return world;
}

/** The promotion of an artifact that is open, else the newest. */
async function newest(harbour: Harbour, { repository, digest }: ArtifactKey) {
  const row = await harbour.db
    .selectFrom('promotion')
    .select('generation')
    .where('environment', '=', 'dev')
    .where('digest', '=', digest)
    .orderBy('generation', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow();
  return { environment: 'dev', repository, digest, generation: row.generation };
}

type Act = (harbour: Harbour, world: World, key: ArtifactKey) => Promise<void>;

/** What people, pipelines and quarantines do. Each is what an activity would call, with its compensation. */
const acts: Readonly<Record<string, Act>> = {
  async promote(harbour, _, key) {
    const promotion = await newest(harbour, key);
    const reservation = await harbour.promotions.reserve(promotion, LEASE_SECONDS);
    if (reservation.outcome !== 'reserved') return;
    await harbour.promotions.recordCreated(promotion, [key.digest]);
    const live = await harbour.promotions.goLive(promotion);
    if (live.outcome === 'refused')
      await harbour.promotions.releaseClaim(promotion, {
        state: live.state === 'cancelled' ? 'undone' : live.state,
        reason: live.reason,
      });
  },
  async undo(harbour, _, key) {
    const promotion = await newest(harbour, key);
    const reservation = await harbour.promotions.reserve(promotion, LEASE_SECONDS);
    if (reservation.outcome === 'reserved')
      await harbour.promotions.releaseClaim(promotion, { state: 'undone', reason: 'explored' });
  },
  async push(harbour, world, key) {
    await harbour.push(key, contentOf(world, key));
    await harbour.promotions.requestFirst(key, 1);
  },
  sign: (harbour, world, key) => harbour.evidence.record('shop', [harbour.signedBy(world.signer, key.digest)]),
  async suspectDigest(harbour, _, { digest }) {
    await harbour.incidents.open({ selector: { kind: 'digest', value: digest }, reason: 'explored', actor: 'ann' });
  },
  async suspectSigner(harbour, world) {
    await harbour.incidents.open({ selector: signerOf(world.signer), reason: 'explored', actor: 'ann' });
  },
  async release(harbour, _, { digest }) {
    const asked = await harbour.incidents.requestRelease({ digest, reason: 'explored', actor: 'ann' });
    if (asked.outcome !== 'waiting') return;
    await harbour.incidents.decideRelease({
      request: asked.request,
      verb: 'approve',
      reason: 'explored',
      actor: 'ben',
    });
  },
  async quarantine(harbour, _, { digest }) {
    const subject = await harbour.db
      .selectFrom('incident_subject')
      .select('incident')
      .where('digest', '=', digest)
      .where('state', '=', 'fenced')
      .executeTakeFirst();
    if (subject === undefined) return;
    const key = { digest, incident: subject.incident };
    // The workflow looks until no lease runs; this one gives up where one does.
    if ((await harbour.quarantines.inFlight(key)).leaseSeconds > 0) return;
    for (const holding of await harbour.quarantines.holdings(key))
      await harbour.quarantines.recordRemoved(key, holding);
    await harbour.quarantines.confirm(key, { readBacks: 2, environments: [] });
  },
};

/** Two to four actors with one to three things to do each; somebody always promotes, and somebody always suspects. */
function planOf(below: (count: number) => number): [act: string, on: 'image' | 'copy' | 'index'][][] {
  const names = Object.keys(acts);
  const subjects = ['image', 'copy', 'index'] as const;
  const on = () => subjects[below(3)] ?? 'image';
  const some = () =>
    [...Array(1 + below(3))].map((): [string, 'image' | 'copy' | 'index'] => [
      names[below(names.length)] ?? 'push',
      on(),
    ]);
  const suspects = ['suspectDigest', 'suspectSigner'];
  return [
    [['promote', on()], ...some()],
    [[suspects[below(2)] ?? '', on()], ...some()],
    ...[...Array(below(3))].map(some),
  ];
}

/** Rows that must not be; each query names what it looks for. */
const forbidden: Readonly<Record<string, string>> = {
  'reserved or live again between a fence and its release': `
    select e.subject, e.type from outbox e where e.type in ('promotion.reserved', 'promotion.live') and (
      select o.type from outbox o where o.subject = e.subject and o.sequence < e.sequence
        and o.type in ('artifact.fenced', 'artifact.released') order by o.sequence desc limit 1) = 'artifact.fenced'`,
  'a gap in the sequence of a subject': `
    select subject from outbox group by subject having max(sequence) <> count(*) or min(sequence) <> 1`,
  'a place that nobody claims': `
    select p.digest from placement p where p.state <> 'removed' and not exists (
      select 1 from placement_claim c where c.digest = p.digest and c.environment = p.environment and c.released_at is null)`,
  'a claim to a place that was given up': `
    select p.digest from placement p join placement_claim c on c.digest = p.digest and c.environment = p.environment
    where p.state = 'removed' and c.released_at is null`,
  'a claim of a promotion that neither holds nor is live': `
    select c.claim, p.state from placement_claim c join promotion p
      on c.claim = 'promotion/' || p.environment || '/' || p.repository || '@' || p.digest || '#' || p.generation
    where c.released_at is null and p.state not in ('reserved', 'live')`,
  'a live promotion of what is not fenced and not there': `
    select p.digest from promotion p where p.state = 'live' and p.generation = (
        select max(generation) from promotion q where q.digest = p.digest and q.environment = p.environment)
      and not exists (select 1 from placement l where l.digest = p.digest and l.environment = p.environment and l.state = 'live')
      and not exists (select 1 from incident_subject s where s.digest = p.digest)`,
  'a held digest whose fence is down': `
    select s.digest from incident_subject s join incident i on i.id = s.incident
    where s.state <> 'released' and i.state <> 'closed'
      and not exists (select 1 from artifact_fence f where f.digest = s.digest and f.state = 'fenced')`,
  'a fence that no incident holds up': `
    select f.digest from artifact_fence f where f.state = 'fenced' and not exists (
      select 1 from incident_subject s where s.digest = f.digest and s.incident = f.incident and s.state <> 'released')`,
  'a signed artifact that the incident on its signer missed': `
    select a.digest from artifact_fact a join incident i on i.selector ->> 'value' = a.value and i.selector ->> 'kind' = a.kind
    where i.state <> 'closed' and not exists (select 1 from incident_subject s where s.incident = i.id and s.digest = a.digest)`,
  'an index of a fenced child that is not fenced, nor excused': `
    select e.parent from artifact_edge e join incident_subject s on s.digest = e.child
      join incident i on i.id = s.incident and i.state <> 'closed'
    where s.relation <> 'parent' and s.state <> 'released'
      and not exists (select 1 from incident_subject p where p.incident = s.incident and p.digest = e.parent)`,
  'a copy of a suspected digest that is not fenced, nor excused': `
    select b.digest from incident i join artifact_layer a on i.selector ->> 'kind' = 'digest' and i.selector ->> 'value' = a.digest
      join artifact_layer b on b.diff_id = a.diff_id
    where i.state <> 'closed' and not exists (select 1 from incident_subject s where s.incident = i.id and s.digest = b.digest)
      and not exists (select 1 from incident_excusal x where x.incident = i.id and x.digest = a.digest)`,
  'a fenced digest without a quarantine': `
    select s.digest from incident_subject s where not exists (
      select 1 from workflow_request w where w.workflow_id = 'quarantine/' || s.digest)`,
  'a tag of the environment on what is not there': `
    select c.digest from channel c where not exists (
      select 1 from placement p where p.environment = c.environment and p.destination = c.destination and p.digest = c.digest and p.state = 'live')`,
};

async function violations(db: Database): Promise<string[]> {
  const found: string[] = [];
  for (const [what, query] of Object.entries(forbidden)) {
    const { rows } = await sql.raw(query).execute(db);
    if (rows.length > 0) found.push(`${what}: ${JSON.stringify(rows[0])}`);
  }
  return found;
}

async function explore(seed: number): Promise<{ plan: string; found: string[] }> {
  const below = seeded(seed);
  const harbour = createHarbour(own.db);
  const world = await createWorld(harbour, seed);
  const plan = planOf(below);
  const errors = await interleave(
    own.db,
    plan.map((steps) => async (db) => {
      const mine = createHarbour(db);
      for (const [act, on] of steps) await acts[act]?.(mine, world, world[on]);
    }),
    below,
    sessionsWaiting,
  );
  const found = [...errors.map((error) => `threw: ${String(error)}`), ...(await violations(own.db))];
  await sql`update incident set state = 'closed' where state <> 'closed'`.execute(own.db);
  return { plan: JSON.stringify(plan), found };
}

test(
  `${ORDERS} orders of pushing, promoting, undoing, signing, suspecting, removing and releasing`,
  async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + ORDERS; seed += 1) {
      const { plan, found } = await explore(seed);
      expect(found, `seed ${seed}: ${plan}`).toEqual([]);
    }
  },
  60_000 + ORDERS * 2000,
);

test('the search sees what it looks for', async () => {
  await sql`insert into placement (environment, destination, digest, state) values ('dev', 'dev/planted', ${digestOf('planted') as Digest}, 'live')`.execute(
    own.db,
  );
  await sql`insert into outbox (subject, sequence, type, actor, data, step, shard) values
    ('planted', 1, 'artifact.fenced', 'a', '{}', 'a', 0), ('planted', 3, 'promotion.live', 'a', '{}', 'b', 0)`.execute(
    own.db,
  );
  const found = (await violations(own.db)).map((line) => line.slice(0, line.indexOf(':')));
  expect(found).toEqual([
    'reserved or live again between a fence and its release',
    'a gap in the sequence of a subject',
    'a place that nobody claims',
  ]);
});

/** What stands and what falls once a signer or a builder is revoked: read from the verdicts that were given since. */
import { sql, type Transaction } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import type { Verdict } from '../../domain/policy/verdict.ts';
import {
  type Fell,
  opensIncident,
  type Reverification,
  type ReverifyBook,
  type Stood,
} from '../../domain/trust/reverification.ts';
import { predicateTypes } from '../../domain/trust/statement.ts';
import { type Database, type Executor, transact } from './database.ts';
import { openIncident } from './incident-desk.ts';
import { isLiveIn } from './live-in.ts';
import { withHolders } from './nesting.ts';
import { appendOutbox } from './outbox.ts';
import { isOwn } from './request-reverification.ts';
import type { Schema } from './schema.ts';

type Trx = Transaction<Schema>;

/** Incidents of one revocation: each takes something out of what runs. */
const MOST_INCIDENTS = 100;
/** Of the event, which is read by people. */
const FIRST = 50;

export function createReverifyBook(db: Database, currentPolicy: () => Promise<Policy>): ReverifyBook {
  return {
    async waiting(id) {
      return (await readReverification(db, id)).waiting;
    },
    async conclude(id) {
      const policy = await currentPolicy();
      return transact(db, (trx) => conclude(trx, policy, id));
    },
  };
}

export async function readReverification(executor: Executor, id: string): Promise<Reverification> {
  const { rows } = await sql<{
    kind: 'signer' | 'builder';
    value: string;
    ended_at: Date | null;
    stood: Stood[];
    fell: Fell[];
    waiting: number;
  }>`
    select r.kind, r.value, r.ended_at, r.stood, r.fell,
      (select count(distinct (g.repository, g.digest))::int from generation g
        where g.state <> 'closed' and g.digest in (select f.digest from artifact_fact f where f.kind = r.kind and f.value = r.value)) as waiting
    from reverification r where r.id = ${id}`.execute(executor);
  const row = rows[0];
  if (row === undefined) throw new Error(`there is no reverification ${id}`);
  const { ended_at, ...rest } = row;
  return { id, ...rest, endedAt: ended_at?.toISOString() ?? null, waiting: ended_at === null ? row.waiting : 0 };
}

async function conclude(trx: Trx, policy: Policy, id: string): ReturnType<ReverifyBook['conclude']> {
  await sql`select 1 from reverification where id = ${id} for update`.execute(trx);
  const before = await readReverification(trx, id);
  const { kind, value } = before;
  const ended = before.endedAt !== null;
  const own = kind === 'signer' && (await isOwn(trx, value));
  const { stood, fell: found } = ended ? before : own ? await ownOutcome(trx, value) : await outcome(trx, kind, value);
  const fell = ended || own ? found : await openIncidents(trx, policy, found, `${kind} ${value} is revoked`);
  const incidents = [...new Set(fell.flatMap(({ incident }) => incident ?? []))];
  const result = { stood: stood.length, fell: fell.length, incidents };
  if (ended) return result;
  await trx
    .updateTable('reverification')
    .set({ stood: JSON.stringify(stood), fell: JSON.stringify(fell), ended_at: sql<Date>`now()` })
    .where('id', '=', id)
    .execute();
  await appendOutbox(trx, {
    subject: `key/${value}`.slice(0, 500),
    step: `reverified/${id}`,
    type: 'key.reverified',
    actor: 'system',
    data: { kind, value, ...result, firstStood: stood.slice(0, FIRST), firstFell: fell.slice(0, FIRST) },
  });
  return result;
}

/** The newest verdict of each environment since; one that is admitted stands. */
async function outcome(trx: Trx, kind: string, value: string): Promise<{ stood: Stood[]; fell: Fell[] }> {
  const { rows } = await sql<{
    repository: string;
    digest: Digest;
    environment: string;
    admitted: boolean;
    body: Verdict;
    live: boolean;
    proven: boolean;
  }>`
    select v.*, exists (select from placement p where p.digest = v.digest and p.environment = v.environment
        and ${isLiveIn({ place: 'p', repository: 'v.repository' })}) as live,
      exists (select from evidence e where e.repository = v.repository and e.subject = v.digest and e.outcome = 'verified'
        and (case when ${kind} = 'signer' then e.identity = ${value} else e.record->'provenance'->>'builderId' = ${value} end)
        and (e.record->'verification'->>'signedAt')::timestamptz < v.effective_from) as proven
    from (
      select distinct on (v.repository, v.digest, v.environment) v.repository, v.digest, v.environment, v.admitted, v.body, r.effective_from
      from verdict v join revocation r on r.kind = ${kind} and r.value = ${value} and v.evaluated_at >= r.revoked_at
      where v.digest in (select f.digest from artifact_fact f where f.kind = ${kind} and f.value = ${value})
      order by v.repository, v.digest, v.environment, v.evaluated_at desc, v.id desc) v
    order by 1, 2, 3`.execute(trx);
  const stood: Stood[] = [];
  const fell: Fell[] = [];
  for (const { repository, digest, environment, admitted, body, live, proven } of rows) {
    const place = { repository, digest, environment };
    if (admitted) stood.push({ ...place, because: proven ? 'proof of time' : 'other evidence' });
    else fell.push({ ...place, live, reason: whyNot(body) });
  }
  return { stood, fell };
}

function whyNot({ gates }: Verdict): string {
  const against = gates.filter(({ verdict }) => verdict !== 'pass');
  return against
    .map(({ gate, reason }) => `${gate}: ${reason}`)
    .join('; ')
    .slice(0, 2000);
}

/**
 * Of a key or identity of ours: what is live, and was let in with it. It stands where the chain of key uses shows that it was signed
 * before, or where another one of ours, which counts, signed it too; an index where that is so of all that is signed of it and within.
 */
async function ownOutcome(trx: Trx, value: string): Promise<{ stood: Stood[]; fell: Fell[] }> {
  const { rows } = await sql<{
    repository: string;
    digest: Digest;
    environment: string;
    key: string | null;
    proven: boolean;
    stands: boolean;
  }>`
    select repository, digest, environment, key, bool_and(proven) as proven, bool_and(proven or other) as stands from (
    select p.destination as repository, p.digest, p.environment, k.name as key,
      exists (select from key_use u join revocation r on r.kind = 'signer' and r.value = u.identity and u.at < r.effective_from
        where u.identity = ${value} and u.subject = e.subject and u.statement in (e.predicate_type, ${predicateTypes.reference})) as proven,
      exists (select from evidence o where o.repository = p.destination and o.subject = e.subject and o.predicate_type = e.predicate_type
        and (exists (select from own_key other where 'key:' || other.key_id = o.identity and other.state in ('trusted', 'retiring'))
          or exists (select from own_identity other where other.name = o.identity
            and not exists (select from revocation r where r.kind = 'signer' and r.value = other.name)))) as other
    from evidence e left join own_key k on 'key:' || k.key_id = e.identity
    join placement p on p.destination = e.repository and p.digest = any(${withHolders(sql.ref('e.subject'))}) and p.state = 'live'
    where e.identity = ${value} and e.origin = 'own' and e.predicate_type in (${predicateTypes.cycloneDx}, ${predicateTypes.cosignSignature})) signed
    group by 1, 2, 3, 4 order by 1, 2, 3`.execute(trx);
  const stood: Stood[] = [];
  const fell: Fell[] = [];
  for (const { key, proven, stands, ...place } of rows) {
    const reason =
      key === null
        ? 'signed by the revoked identity alone: name another in PRATIQUE_SIGNING_IDENTITIES, and bring it in again'
        : `signed by the revoked key alone: pratique key rotate ${key}`;
    if (stands) stood.push({ ...place, because: proven ? 'proof of time' : 'other evidence' });
    else fell.push({ ...place, live: true, reason });
  }
  return { stood, fell };
}

/** One for a digest; where one is open on it, that one is named. */
async function openIncidents(trx: Trx, policy: Policy, fell: readonly Fell[], why: string): Promise<Fell[]> {
  const opened = new Map<Digest, string>();
  const told: Fell[] = [];
  for (const one of fell) {
    if (!opensIncident(policy.document, one)) {
      told.push(one);
      continue;
    }
    const known = opened.get(one.digest) ?? (await incidentOn(trx, one.digest));
    if (known === undefined && opened.size >= MOST_INCIDENTS) {
      told.push(one);
      continue;
    }
    const reason = `${why}, and ${one.environment} runs what relied on it`;
    const incident =
      known ?? (await openIncident(trx, { kind: 'digest', value: one.digest }, reason.slice(0, 2000), 'reverify')).id;
    opened.set(one.digest, incident);
    told.push({ ...one, incident });
  }
  return told;
}

async function incidentOn(trx: Trx, digest: Digest): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    select s.incident as id from incident_subject s join incident i on i.id = s.incident
    where s.digest = ${digest} and i.state <> 'closed' and s.state <> 'released' order by 1 limit 1`.execute(trx);
  return rows[0]?.id;
}

/** What must hold after everything has settled, whatever died in between. Each violation is a line. */
import type { Pratique } from '../e2e/stack.ts';
import type { PlannedImage } from './plan.ts';
import { readOutcomes } from './read-outcomes.ts';
import type { RegistryObserver } from './registry-observer.ts';

export interface Observed {
  /** Ids of the events the gateway answered 202 for, as the intake names them. */
  readonly accepted: ReadonlySet<string>;
  /** Keys of the garbage that is in Kafka. */
  readonly garbage: readonly string[];
  readonly images: readonly PlannedImage[];
  readonly quarantined: readonly PlannedImage[];
  readonly environments: readonly string[];
  readonly observer: RegistryObserver;
  /** Of senders who heard something else than they should have. */
  readonly unclear: readonly string[];
  readonly failedWorkflows: readonly string[];
}

type Check = (pratique: Pratique, observed: Observed) => Promise<string[]>;

/** Empty where all is well. */
export async function findViolations(pratique: Pratique, observed: Observed): Promise<string[]> {
  const checks: Check[] = [
    everyEventDecidedOnce,
    everyGenerationClosedOnce,
    noPromotionTwice,
    placementsAreContent,
    servedOnceAndInOrder,
    nothingPastAFence,
    nothingUnplanned,
    outcomesInOrder,
    noWorkflowFailed,
    everySenderWasAnswered,
  ];
  const found: string[] = [];
  for (const check of checks) found.push(...(await check(pratique, observed)).map((line) => `${check.name}: ${line}`));
  return found;
}

/** Only Pratique wrote to environments: whatever died, each write was planned before it was made, tag and all. */
const nothingUnplanned: Check = async ({ query }) => {
  const rows = await query<{ subject: string; tag: string | null }>(
    "select subject, detail ->> 'tag' as tag from finding where kind = 'unplanned-push'",
  );
  return rows.map(({ subject, tag }) => `${subject} under ${tag ?? 'no tag'} is called a push that nobody planned`);
};

const everyEventDecidedOnce: Check = async ({ query }, { accepted, garbage, images }) => {
  const rows = await query<{ id: string }>(
    "select event_id as id from intake where event_id = any($1) and outcome in ('started', 'joined', 'dropped')",
    [[...accepted]],
  );
  const decided = new Set(rows.map(({ id }) => id));
  const lost = [...accepted].filter((id) => !decided.has(id)).map((id) => `${id} was accepted and never decided`);
  const letters = await query<{ key: string }>("select convert_from(record_key, 'UTF8') as key from dead_letter");
  const listed = new Set(letters.map(({ key }) => key));
  const unlisted = garbage.filter((key) => !listed.has(key)).map((key) => `${key} is not among the dead letters`);
  const strange = letters.filter(({ key }) => !garbage.includes(key)).map(({ key }) => `${key} is a dead letter`);
  const subjects = images.map(({ repository, image }) => `${repository}@${image.top.digest}`);
  const started = await query<{ subject: string }>(
    "select distinct subject from intake where outcome = 'started' and subject = any($1)",
    [subjects],
  );
  const missing = subjects.filter((subject) => !started.some((row) => row.subject === subject));
  return [...lost, ...unlisted, ...strange, ...missing.map((subject) => `${subject} was pushed and never started`)];
};

const everyGenerationClosedOnce: Check = async ({ query }) => {
  const open = await query<{ name: string }>(
    "select repository || '@' || digest || '#' || generation as name from generation where state <> 'closed'",
  );
  const uneven = await query<{ subject: string; started: number; generations: number; closings: number }>(`
    select subject, started, generations, closings from (
      select g.repository || '@' || g.digest as subject, count(*)::int as generations,
        (select count(*)::int from intake i where i.subject = g.repository || '@' || g.digest and i.outcome = 'started') as started,
        (select count(*)::int from outbox o where o.subject = g.repository || '@' || g.digest and o.step like 'generation/%/closed') as closings
      from generation g group by g.repository, g.digest) as counted
    where started <> generations or closings <> generations`);
  const judged = await query<{ name: string }>(
    "select repository || '@' || digest || ' ended as ' || outcome || ': ' || coalesce(reason, '') as name from generation where outcome <> 'judged'",
  );
  return [
    ...open.map(({ name }) => `${name} is open`),
    ...uneven.map(
      (row) => `${row.subject}: ${row.started} started, ${row.generations} generations, ${row.closings} ended`,
    ),
    ...judged.map(({ name }) => name),
  ];
};

const noPromotionTwice: Check = async ({ query }, { quarantined }) => {
  const twice = await query<{ what: string }>(`
    select subject || ' in ' || (data->>'environment') as what from outbox where type = 'promotion.live'
    group by subject, data->>'environment' having count(*) > 1`);
  // A quarantine ends promotions in more than one way; every other one must have got there.
  const unfinished = await query<{ what: string }>(
    `
    select repository || '@' || digest || ' in ' || environment || ': ' || state || ' ' || reason as what from promotion
    where state <> 'live' and digest <> all($1)`,
    [quarantined.map(({ image }) => image.top.digest)],
  );
  const silent = await query<{ what: string }>(`
    select p.repository || '@' || p.digest || ' in ' || p.environment as what from promotion p where p.state = 'live'
      and not exists (select 1 from outbox o where o.type = 'promotion.live' and o.subject = p.repository || '@' || p.digest
        and o.data->>'environment' = p.environment)`);
  return [
    ...twice.map(({ what }) => `${what} went live twice`),
    ...unfinished.map(({ what }) => what),
    ...silent.map(({ what }) => `${what} is live and nobody said so`),
  ];
};

const placementsAreContent: Check = async ({ query, registry }, { environments, images, quarantined }) => {
  const rows = await query<{ name: string }>(
    "select destination || '@' || digest as name from placement where state = 'live'",
  );
  const recorded = new Set(rows.map(({ name }) => name));
  const found: string[] = [];
  for (const environment of environments)
    for (const planned of images) {
      const { repository, tag, image } = planned;
      const place = `${environment}/${repository}`;
      const name = `${place}@${image.top.digest}`;
      const byDigest = (await registry.resolve(place, image.top.digest)) !== undefined;
      const byTag = (await registry.resolve(place, tag))?.digest === image.top.digest;
      if (byDigest !== recorded.has(name))
        found.push(`${name}: ${byDigest ? 'served' : 'not served'}, recorded as ${recorded.has(name)}`);
      if (byTag !== byDigest) found.push(`${name}: by digest ${byDigest}, by tag ${byTag}`);
      if (byDigest === quarantined.includes(planned)) found.push(`${name}: ${byDigest ? 'served' : 'not served'}`);
    }
  return found;
};

/** As the registry itself had it: into an environment once, after the one before it, and there to stay unless fenced. */
const servedOnceAndInOrder: Check = async (_, { environments, images, quarantined, observer }) => {
  const found: string[] = [];
  if (observer.looks.answered === 0) found.push('nobody looked');
  for (const planned of images) {
    const { digest } = planned.image.top;
    const isFenced = quarantined.includes(planned);
    let before: number | undefined = Number.NEGATIVE_INFINITY;
    for (const environment of environments) {
      const stays = observer.stays(environment, digest);
      const times = stays.map(({ from, to }) => `${new Date(from).toISOString()} to ${new Date(to).toISOString()}`);
      if (stays.length > 1) found.push(`${digest} came into ${environment} more than once: ${times.join(', ')}`);
      if (!isFenced && stays.some(({ hasEnded }) => hasEnded)) found.push(`${digest} left ${environment}: ${times}`);
      const first = stays[0]?.from;
      if (first !== undefined && (before === undefined || first < before))
        found.push(`${digest} was in ${environment} before it was in the one before`);
      before = first;
    }
  }
  return found;
};

const nothingPastAFence: Check = async ({ query }, { environments, observer, quarantined }) => {
  const found: string[] = [];
  for (const { image } of quarantined) {
    const { digest } = image.top;
    const [fence] = await query<{ fenced: Date; confirmed: Date | null }>(
      'select min(fenced_at) as fenced, max(confirmed_at) as confirmed from incident_subject where digest = $1',
      [digest],
    );
    const confirmed = fence?.confirmed?.getTime();
    if (fence === undefined || confirmed === undefined) {
      found.push(`${digest} was never confirmed out`);
      continue;
    }
    const late = await query<{ at: Date }>(
      "select created_at as at from outbox where type = 'promotion.live' and subject like '%@' || $1 and created_at > $2",
      [digest, fence.fenced],
    );
    for (const { at } of late) found.push(`${digest} went live at ${at.toISOString()}, after its fence`);
    for (const environment of environments)
      for (const { to } of observer.stays(environment, digest).filter((stay) => stay.to > confirmed))
        found.push(
          `${digest} was served by ${environment} at ${new Date(to).toISOString()}, after it was confirmed out`,
        );
  }
  return found;
};

/** Consumers drop what they had by id; what is left must be 1, 2, 3 … of each subject. */
const outcomesInOrder: Check = async ({ query, record }) => {
  const seen = new Set<string>();
  const last = new Map<string, number>();
  const found: string[] = [];
  for (const { id, subject, sequence } of await readOutcomes(record.connection.kafkaBrokers)) {
    if (seen.has(id)) continue;
    seen.add(id);
    const before = last.get(subject) ?? 0;
    if (sequence !== before + 1) found.push(`${subject}: ${sequence} after ${before}`);
    last.set(subject, sequence);
  }
  const subjects = await query<{ subject: string; last: number }>(
    'select subject, last_sequence::int as last from outbox_subject where last_sequence > 0',
  );
  for (const row of subjects)
    if ((last.get(row.subject) ?? 0) !== row.last)
      found.push(`${row.subject}: ${last.get(row.subject) ?? 0} of ${row.last} outcomes are in Kafka`);
  return found;
};

const noWorkflowFailed: Check = async (_, { failedWorkflows }) => [...failedWorkflows];

const everySenderWasAnswered: Check = async (_, { unclear }) => [...unclear];

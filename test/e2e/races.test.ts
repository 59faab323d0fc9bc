/**
 * Every process of ours killed exactly between two writes, all of these places at once: each flow is held at its own point,
 * then everything dies, and starts again. What is asked afterwards is the registry, not the database.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { FaultPoint } from '../../domain/fault/fault-point.ts';
import { pushImage, type TestImage } from '../images.ts';
import { expectGone, expectOnce } from './races/expect-end.ts';
import {
  atTheDoor,
  type Held,
  HOLD_MS,
  holdCall,
  holdPush,
  holdRecords,
  repositoryOf,
  TAG,
  twoPlatforms,
} from './races/hold.ts';
import { readOutcomes } from './races/kafka-records.ts';
import { openRaceStage, type RaceStage } from './races/race-stage.ts';
import { startBeside } from './races/second-process.ts';
import { eventually, smallImage } from './stack.ts';

let stage: RaceStage;
beforeAll(async () => {
  stage = await openRaceStage();
});
afterAll(() => stage?.close());

interface Live {
  readonly repository: string;
  readonly digest: Digest;
  readonly image: TestImage;
}

/** What a promotion passes on its way into an environment, in order: killed at each, it ends live, once. */
const onTheWay: readonly FaultPoint[] = [
  'generation.claimed',
  'evidence.signed',
  'lease.taken',
  'referrers.written',
  'referrers.listed',
  'lease.done',
  'evidence.attached',
  'generation.requested',
  'generation.concluded',
  'workflow.started',
  'promotion.reserved',
  'copy.planned',
  'copy.written',
  'promotion.copied',
  'promotion.evidence-copied',
  'promotion.admitted',
  'promotion.tag-planned',
  'promotion.tag-moved',
  'promotion.live',
];

/** A quarantine, killed between any two of its writes, ends with nothing served. */
const onTheWayOut: readonly FaultPoint[] = [
  'quarantine.kept',
  'quarantine.deleted',
  'quarantine.removed',
  'quarantine.read-back',
];

describe('everything is killed at once, each flow between two of its writes', () => {
  let held: readonly Held[];
  let leaving: readonly Held[];
  let reported: Live;
  let cleared: Live;

  beforeAll(async () => {
    const { faults, registry, admin } = stage;
    const intoProduction = async (repository: string, image: TestImage) => {
      const digest = await pushImage(registry, repository, image, TAG);
      await stage.live(repository, digest, TAG);
      return { repository, digest, image };
    };
    const blob = await holdPush(stage, 'blob.stored');
    const [inside, first, second] = await Promise.all([
      Promise.all(onTheWayOut.map(async (point) => intoProduction(repositoryOf(point), await twoPlatforms(point)))),
      intoProduction('races/reported', await smallImage('reported')),
      intoProduction('races/cleared', await smallImage('cleared')),
    ]);
    [reported, cleared] = [first, second];
    const incident = await admin.post('/api/v1/incidents', { selector: cleared.digest, reason: 'looked odd' });
    const [ways] = await Promise.all([
      Promise.all(
        onTheWay.map(async (point) =>
          holdPush(stage, point, point === 'copy.written' ? await twoPlatforms(point) : undefined),
        ),
      ),
      stage.contained(incident.body.id),
    ]);
    held = [blob, ...ways];
    leaving = await Promise.all(
      inside.map(async ({ repository, digest, image }, index) => {
        const point = onTheWayOut[index] as FaultPoint;
        const trap = faults.stopAt(point, { about: digest, withinMs: HOLD_MS });
        await admin.post('/api/v1/incidents', { selector: digest, reason: point });
        return { point, repository, image, stopped: await trap.stopped };
      }),
    );
    const [operator, other] = [await stage.as('olga', 'operator'), await stage.as('sam', 'approver')];
    const asked = await operator.post('/api/v1/releases', { ref: cleared.digest, reason: 'a false alarm' });
    expect(asked, JSON.stringify(asked.body)).toMatchObject({ status: 202 });
    const records = await holdRecords(stage);
    const report = { selector: reported.digest, reason: 'named in a report' };
    await Promise.all([
      faults.stopAt('outbox.sent', { withinMs: HOLD_MS }).stopped,
      holdCall(stage, 'incident.fenced', () => admin.post('/api/v1/incidents', report)),
      holdCall(stage, 'release.decided', () =>
        other.post(`/api/v1/releases/${asked.body.request}/approve`, { reason: 'agreed' }),
      ),
      holdCall(stage, 'token.stored', () => stage.as('nobody', 'viewer')),
      holdCall(stage, 'policy.inserted', () => applyPolicy(2)),
    ]);
    await stage.killAndRevive(['gateway', 'dispatcher', 'worker', 'trust']);
    await stage.expireLeases();
    for (const { repository, image } of records) await pushImage(registry, repository, image, TAG);
    held = [...held, ...records];
  }, 900_000);

  it.each([...onTheWay, 'blob.stored', ...atTheDoor])(
    'a push killed at %s is live, once, with all its evidence',
    async (point) => {
      const { repository, image } = held.find((each) => each.point === point) as Held;
      const { digest } = image.top;
      await stage.live(repository, digest, TAG);
      await expectOnce(stage, repository, digest);
    },
  );

  it.each(onTheWayOut)('a quarantine killed at %s ends with nothing served', async (point) => {
    const { repository, image } = leaving.find((each) => each.point === point) as Held;
    await expectGone(stage, repository, image);
  });

  it('an incident whose opener heard no answer takes out what it names', async () => {
    await eventually('the incident', async () =>
      (await stage.query('select 1 from incident_subject where digest = $1', [reported.digest])).length > 0
        ? true
        : undefined,
    );
    await expectGone(stage, reported.repository, reported.image);
  });

  it('a release whose decider heard no answer is carried out', () =>
    stage.live(cleared.repository, cleared.digest, TAG));

  it('what was in a transaction is not there, and is done by asking again', async () => {
    expect(await stage.query('select 1 from policy where version = 2')).toEqual([]);
    expect(await stage.query("select 1 from api_token where subject = 'nobody'")).toEqual([]);
    await stage.as('nobody', 'viewer');
    (await holdCall(stage, 'policy.activated', () => applyPolicy(2))).kill();
    // Nobody judged anything by the new policy: the gateway that comes after sees to it.
    await stage.killAndRevive(['gateway']);
    const { repository, digest } = cleared;
    await eventually('what is live to be judged by the policy in force', async () =>
      (
        await stage.query(
          `select 1 from verdict v join policy p on p.digest = v.policy_digest
           where v.repository = $1 and v.digest = $2 and p.version = 2`,
          [repository, digest],
        )
      ).length > 0
        ? true
        : undefined,
    );
  });

  it('every outcome comes to Kafka in order of its subject, also those that were sent and not marked', async () => {
    await eventually('everything to be sent', async () =>
      (await stage.query('select 1 from outbox where published_at is null')).length === 0 ? true : undefined,
    );
    // What is written from here on may be among what is read, or not.
    const known = await stage.query<{ subject: string; last: number }>(
      'select subject, max(sequence)::int as last from outbox where published_at is not null group by 1',
    );
    expect(known.length).toBeGreaterThan(0);
    const seen = new Map<string, number>();
    let again = 0;
    for (const { subject, sequence } of await readOutcomes(stage)) {
      const last = seen.get(subject) ?? 0;
      if (sequence <= last) again += 1;
      else expect({ subject, sequence }).toEqual({ subject, sequence: last + 1 });
      seen.set(subject, Math.max(last, sequence));
    }
    expect(known.filter(({ subject, last }) => (seen.get(subject) ?? 0) < last)).toEqual([]);
    expect(again).toBeGreaterThan(0);
  });

  it('a record that was handled and not committed has one outcome: a dead letter, a build, a push', async () => {
    expect(await stage.query("select count(*)::int as n from dead_letter where record_key = 'garbage'")).toEqual([
      { n: 1 },
    ]);
    expect(await stage.query("select count(*)::int as n from build_fact where event_id = 'race-build'")).toEqual([
      { n: 1 },
    ]);
    expect(await stage.query("select event_id, outcome from intake where event_id like 'race-%' order by 1")).toEqual([
      { event_id: 'race-build', outcome: 'dropped' },
      { event_id: 'race-consumer.handled', outcome: 'started' },
      { event_id: 'race-intake.accepted', outcome: 'started' },
    ]);
  });
});

describe('a worker that is paused past its lease, and wakes', () => {
  it('may write what was confirmed out, for as long as it takes to take it out again', async () => {
    const { admin, faults, query, registry, stack } = stage;
    const repository = 'races/paused';
    const image = await smallImage('paused');
    const { digest } = image.top;
    const trap = faults.stopAt('copy.planned', { about: `dev/${repository}@`, withinMs: HOLD_MS });
    await pushImage(registry, repository, image, TAG);
    const stopped = await trap.stopped;
    const other = await startBeside(stopped.pid);
    try {
      await stack.kill('worker', 'SIGSTOP');
      const { body } = await admin.post('/api/v1/incidents', { selector: digest, reason: 'paused' });
      // A test does not wait for five minutes until the lease of the paused one runs out.
      await query("update promotion set lease_expires_at = now() where digest = $1 and state = 'reserved'", [digest]);
      await stage.contained(body.id);
      expect(await stage.served(repository, digest, TAG)).toEqual([]);
      await stack.kill('worker', 'SIGCONT');
      stopped.go();
      await eventually('the late write to be told of', async () =>
        (
          await query("select 1 from outbox where type = 'artifact.written-late' and subject = $1", [
            `dev/${repository}@${digest}`,
          ])
        ).length === 1
          ? true
          : undefined,
      );
      await stage.contained(body.id);
      expect(await stage.served(repository, digest, TAG)).toEqual([]);
    } finally {
      await stack.kill('worker', 'SIGCONT');
      await other.stop();
    }
  });
});

async function applyPolicy(version: number): Promise<Response> {
  const { baseUrl, token } = stage.admin;
  const [row] = await stage.query<{ body: string }>('select body from policy order by version desc limit 1');
  return fetch(new URL('/api/v1/policies', baseUrl), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/yaml' },
    body: (row?.body ?? '').replace(/^version: .*$/m, `version: ${version}`),
  });
}

/** A process that ends around the move of a tag: the tag never stays on what was refused, and names what it named before. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPromotionActivities } from '../../../activities/promotion.ts';
import { copyArtifact } from '../../../adapters/oci/copy-artifact.ts';
import { createInProcessLease } from '../../../adapters/oci/in-process-lease.ts';
import { createDecisionTickets } from '../../../adapters/postgres/decision-tickets.ts';
import { createRegistryEvidenceDesk } from '../../../adapters/sigstore/registry-evidence-desk.ts';
import type { Digest } from '../../../domain/artifact/digest.ts';
import type { FaultPoint } from '../../../domain/fault/fault-point.ts';
import type { PromotionKey } from '../../../domain/promotion/promotion-book.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { createMemoryRegistry } from '../../fakes/memory-registry.ts';
import { directHere } from '../../faults/obey.ts';
import { buildImage, pushImage } from '../../images.ts';
import { inActivity } from '../../in-activity.ts';
import { createHarbour, type Harbour, LEASE_SECONDS, policyText } from './harbour.ts';

let own: TestDatabase;
let harbour: Harbour;
let count = 0;
const faults = directHere();
beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  await harbour.policies.activate(policyText(1), 'policy.yaml', 'test');
});
afterAll(async () => {
  faults.close();
  await own.drop();
});

/** Whether the artifact lay at its destination before anybody promoted it, and what its tag named there. */
async function stage({ isThere, before }: { isThere: boolean; before: 'another' | 'nothing' | 'one that is live' }) {
  count += 1;
  const name = `tagged-${count}`;
  const place = `dev/${name}`;
  const { registry } = createMemoryRegistry();
  const push = async (content: string, repository: string, tag?: string): Promise<Digest> => {
    const image = await buildImage({ layers: [{ files: { app: `${name} ${content}` } }] });
    await pushImage(registry, repository, image, tag);
    return image.top.digest;
  };
  const activities = createPromotionActivities({
    ...{ registry, promotions: harbour.promotions, evidence: harbour.evidence },
    ...{ tickets: createDecisionTickets(own.db), desk: createRegistryEvidenceDesk(registry) },
    copyArtifact: (route) => copyArtifact(registry, route),
    lease: createInProcessLease(),
    startPromotions: () => Promise.resolve(),
    wake: () => Promise.resolve(),
  });
  const copied = async (key: PromotionKey) => {
    expect(await harbour.promotions.reserve(key, LEASE_SECONDS)).toMatchObject({ outcome: 'reserved' });
    expect(await inActivity(() => activities.copy(key))).toEqual({ outcome: 'copied' });
    return key;
  };
  const ask = async (content: string) => {
    const digest = await push(content, name);
    return copied(await harbour.requestDev({ repository: name, digest }, { tag: '1.0' }));
  };
  let earlier: Digest | undefined;
  if (before === 'another') earlier = await push('earlier', place, '1.0');
  if (before === 'one that is live') {
    const live = await ask('earlier');
    expect(await activities.goLive(live)).toMatchObject({ outcome: 'live' });
    earlier = live.digest;
    // Something else wrote there since: what went live is what the tag goes back to.
    await push('past us', place, '1.0');
  }
  if (isThere) await push('later', place);
  const key = await ask('later');
  const named = async () => (await registry.resolve(place, '1.0'))?.digest;
  const killedAt = async (point: FaultPoint, act: () => Promise<unknown>) => {
    const trap = faults.stopAt(point, { about: key.digest });
    const acting = expect(act()).rejects.toThrow('the process is gone');
    (await trap.stopped).fail('the process is gone');
    await acting;
  };
  return { registry, activities, key, earlier, place, named, killedAt, push };
}

const leaseEnds = (key: PromotionKey) =>
  sql`update promotion set lease_expires_at = now() where digest = ${key.digest}`.execute(own.db);
const end = { state: 'undone', reason: 'taken back' } as const;

describe.each([
  { isThere: true, before: 'another' },
  { isThere: true, before: 'nothing' },
  { isThere: true, before: 'one that is live' },
  { isThere: false, before: 'another' },
  { isThere: false, before: 'nothing' },
  { isThere: false, before: 'one that is live' },
] as const)('a promotion of what was there: $isThere, under a tag that named $before', (situation) => {
  it('that is refused by the second try, after the first one moved the tag and died', async () => {
    const { activities, key, earlier, named, killedAt } = await stage(situation);
    await killedAt('promotion.tag-moved', () => activities.goLive(key));
    expect(await named()).toBe(key.digest);
    await leaseEnds(key);
    expect(await activities.goLive(key)).toMatchObject({ outcome: 'refused' });
    expect(await named()).toBe(earlier);
    await activities.undo(key, end);
    expect(await named()).toBe(earlier);
  });

  it('that is undone without a second try', async () => {
    const { activities, key, earlier, named, killedAt, registry, place } = await stage(situation);
    await killedAt('promotion.tag-moved', () => activities.goLive(key));
    await killedAt('promotion.tag-put-back', () => activities.undo(key, end));
    await activities.undo(key, end);
    expect(await named()).toBe(earlier);
    // What was there before stays there.
    expect((await registry.resolve(place, key.digest)) !== undefined).toBe(situation.isThere);
  });

  it('that dies before it moves the tag: nothing was moved, so nothing is put back', async () => {
    const { activities, key, named, killedAt } = await stage(situation);
    const before = await named();
    await killedAt('promotion.tag-planned', () => activities.goLive(key));
    await activities.undo(key, end);
    expect(await named()).toBe(before);
  });

  it('that lives after all', async () => {
    const { activities, key, named, killedAt } = await stage(situation);
    await killedAt('promotion.tag-moved', () => activities.goLive(key));
    expect(await activities.goLive(key)).toMatchObject({ outcome: 'live' });
    await activities.undo(key, end);
    expect(await named()).toBe(key.digest);
  });
});

describe('a tag', () => {
  it('that somebody else moved meanwhile stays', async () => {
    const { activities, key, named, killedAt, push, place } = await stage({ isThere: true, before: 'another' });
    await killedAt('promotion.tag-moved', () => activities.goLive(key));
    const other = await push('moved meanwhile', place, '1.0');
    await activities.undo(key, end);
    expect(await named()).toBe(other);
  });

  it('never goes back to what is in quarantine by then: it is gone', async () => {
    const { activities, key, earlier, named, killedAt } = await stage({ isThere: true, before: 'one that is live' });
    await killedAt('promotion.tag-moved', () => activities.goLive(key));
    await harbour.incidents.open({ selector: { kind: 'digest', value: earlier! }, reason: 'malicious', actor: 'rene' });
    await activities.undo(key, end);
    expect(await named()).toBeUndefined();
  });

  it('that is looked at again is remembered as it is then', async () => {
    const { activities, key, named, killedAt, push, place } = await stage({ isThere: true, before: 'another' });
    await killedAt('promotion.tag-moved', () => activities.goLive(key));
    await activities.undo(key, { state: 'waiting', reason: 'looked at again' });
    const later = await push('meanwhile', place, '1.0');
    await harbour.promotions.reserve(key, LEASE_SECONDS);
    await killedAt('promotion.tag-moved', () => activities.goLive(key));
    await activities.undo(key, end);
    expect(await named()).toBe(later);
  });
});

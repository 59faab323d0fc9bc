/** Releases of a distribution that no advisory names: what is of one is not known to be clean, until an advisory comes that does. */
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { ArtifactKey } from '../../../domain/artifact/subject.ts';
import { digestOf } from './harbour.ts';
import { count, generationsOf, harbour, own, publish, rescan, standOnRescans } from './rescan-stage.ts';

standOnRescans();

const affected = (release: string) => ({
  affected: [{ package: { ecosystem: `Alpine:v${release}`, name: 'elsewhere' }, ranges: [], versions: ['1.0.0'] }],
});

/** An artifact with a package of that release. */
async function hold(release: string): Promise<ArtifactKey> {
  const label = `alpine ${release} ${count}`;
  const key = { repository: `shop/alpine-${count}`, digest: digestOf(label) };
  const component = {
    ...{ purl: `pkg:apk/alpine/openssl@1.0.0-r0?distro=alpine-${release}.1`, ecosystem: 'Alpine' as const, release },
    ...{ advisoryName: 'openssl', name: 'openssl', version: '1.0.0-r0', advisoryVersion: '1.0.0-r0' },
    ...{ licences: [], hashes: [], dependsOn: [], scope: 'runtime' as const, foundBy: 'test' },
    locations: [{ path: '/lib/apk/db/installed', layer: digestOf(label) }],
  };
  const stock = { components: [component], unreadable: [], complete: true };
  const [stored] = await harbour.stocks.record(key.digest, [
    { digest: key.digest, platform: 'linux/amd64', stock, failure: undefined },
  ]);
  await harbour.stocks.scanStock(stored!.stock!);
  return key;
}

const undecidedOf = async ({ digest }: ArtifactKey) => {
  const { platforms } = await harbour.verdicts.facts({ repository: 'any', digest });
  return platforms.flatMap(({ undecided }) => undecided.map(({ reason }) => reason));
};

test('is undecided until the first one that names its release, and judged again then where it waits', async () => {
  await publish(`ALPINE-${count}`, affected('3.19'));
  const [known, young] = [await hold('3.19'), await hold('3.22')];
  const reason = 'the advisory database has no records of Alpine 3.22';
  expect([await undecidedOf(known), await undecidedOf(young)]).toEqual([[], [reason]]);
  await harbour.waitingForProd(young);
  const gates = JSON.stringify([{ gate: 'vulnerabilities', verdict: 'unknown' }]);
  await sql`update verdict set evaluated_at = clock_timestamp(), body = jsonb_set(body, '{gates}', ${gates}::jsonb)
    where digest = ${young.digest} and environment = 'prod'`.execute(own.db);
  await publish(`ALPINE-a-${count}`, affected('3.19'));
  await rescan();
  expect(await generationsOf(young)).toEqual(['push']);
  await publish(`ALPINE-b-${count}`, affected('3.22'));
  await rescan();
  expect(await undecidedOf(young)).toEqual([]);
  expect(await generationsOf(young)).toEqual(['push', 'advisories']);
});

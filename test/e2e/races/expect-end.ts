/** How a race must end, as the registry shows it. */
import { expect } from 'vitest';
import type { Digest } from '../../../domain/artifact/digest.ts';
import type { TestImage } from '../../images.ts';
import { eventually } from '../stack.ts';
import { TAG } from './hold.ts';
import { environments, type RaceStage } from './race-stage.ts';

/** Each promotion of it went live one time, and what is known about it is shown where it went. */
export async function expectOnce(stage: RaceStage, repository: string, digest: Digest): Promise<void> {
  const lives = await eventually(`${repository}@${digest} to be called live where the registry shows it`, async () => {
    const rows = await stage.query(
      `select data->>'environment' as environment, count(*)::int as times from outbox
       where type = 'promotion.live' and subject = $1 group by 1 order by 1`,
      [`${repository}@${digest}`],
    );
    // The tag moves just before the book says so.
    return rows.length === environments.length ? rows : undefined;
  });
  expect(lives).toEqual([
    { environment: 'dev', times: 1 },
    { environment: 'prod', times: 1 },
  ]);
  for (const place of [`dev/${repository}`, `prod/${repository}`]) {
    const known = await stage.query<{ manifest: string }>(
      "select manifest from evidence where repository = $1 and subject = $2 and outcome = 'verified'",
      [place, digest],
    );
    const listed = new Set<string>((await stage.registry.listReferrers(place, digest)).map((one) => one.digest));
    expect(known.length).toBeGreaterThan(0);
    expect(known.filter(({ manifest }) => !listed.has(manifest))).toEqual([]);
  }
}

/** Taken out: no tag, no digest, no child of it, in any environment. */
export async function expectGone(stage: RaceStage, repository: string, { top, blobs }: TestImage): Promise<void> {
  const { registry, served, contained, query } = stage;
  const [row] = await query<{ incident: string }>('select incident from incident_subject where digest = $1', [
    top.digest,
  ]);
  await contained(row?.incident ?? '');
  expect(await served(repository, top.digest, TAG)).toEqual([]);
  const manifests = [...blobs].filter(([, bytes]) => new TextDecoder().decode(bytes).startsWith('{"schemaVersion"'));
  for (const [digest] of manifests)
    for (const environment of environments)
      expect(
        await registry.resolve(`${environment}/${repository}`, digest),
        `${environment}: ${digest}`,
      ).toBeUndefined();
}

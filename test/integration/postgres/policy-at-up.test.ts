import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Digest } from '../../../domain/artifact/digest.ts';
import { type PrepareContext, prepareLanes } from '../../../infra/dev/prepare.ts';
import { createTestDatabase } from '../../database.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { createHarbour, policyText } from './harbour.ts';

/** Where something is enforced, a file that lies there changes nothing. */
const auditing = (version: number) => policyText(version).replaceAll('repository:', 'mode: audit, repository:');

test('a policy that comes into force at `up`, while the gateway runs on, is applied to what is live', async () => {
  const own = await createTestDatabase();
  try {
    const harbour = createHarbour(own.db);
    await harbour.policies.activate(auditing(1), 'policy.yaml', 'ann');
    const key = { repository: 'shop', digest: `sha256:${'a'.repeat(64)}` as Digest };
    await harbour.liveInDev(key);
    const policyFile = path.join(temporaryFolder('pratique-policy-'), 'policy.yaml');
    const step = prepareLanes.flat().find(({ name }) => name === 'policy');
    const up = (version: number) => {
      writeFileSync(policyFile, auditing(version));
      const context = { home: { policyFile }, connection: { databaseUrl: own.url }, log: () => undefined };
      return step?.run(context as unknown as PrepareContext);
    };
    const causes = async () =>
      (
        await sql<{
          cause: string;
        }>`select cause from generation where digest = ${key.digest} order by generation`.execute(own.db)
      ).rows.map(({ cause }) => cause);
    await sql`update generation set state = 'closed' where digest = ${key.digest}`.execute(own.db);
    const before = await causes();
    await up(1);
    expect(await causes()).toEqual(before);
    await up(2);
    expect(await causes()).toEqual([...before, 'policy']);
    await up(2);
    expect(await causes()).toEqual([...before, 'policy']);
  } finally {
    await own.drop();
  }
});

import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createGenerationSweep } from '../../../services/dispatcher/sweep-generations.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own.drop());
beforeEach(() => sql`truncate artifact cascade`.execute(own.db));

/** Older ones first; of a `claimed` one the claim is as old. */
async function generations(
  prefix: string,
  count: number,
  state: 'pending' | 'claimed',
  hours: number,
  cause = 'push',
): Promise<void> {
  await sql`
    insert into artifact (repository, digest) select ${prefix} || n, 'sha256:' || n from generate_series(1, ${count}::integer) n`.execute(
    own.db,
  );
  await sql`
    insert into generation (repository, digest, generation, cause, state, created_at, claimed_at)
    select ${prefix} || n, 'sha256:' || n, 1, ${cause}, ${state}::text, now() - make_interval(hours => ${hours}),
      case ${state}::text when 'claimed' then now() - make_interval(hours => ${hours}) end
    from generate_series(1, ${count}::integer) n`.execute(own.db);
}

function sweeping(fails: (repository: string) => boolean = () => false) {
  const started: string[] = [];
  const errors: unknown[] = [];
  const startPipeline = async ({ repository }: { repository: string }) => {
    if (fails(repository)) throw new Error(`${repository} can not be started`);
    started.push(repository);
  };
  const sweep = createGenerationSweep({ db: own.db, starter: { startPipeline }, onError: (e) => errors.push(e) });
  return { started, errors, sweep };
}

test('a generation that nobody claimed is started at once behind any number that wait', async () => {
  await generations('waits/', 250, 'claimed', 5);
  await generations('lost/', 1, 'pending', 1);
  const { started, sweep } = sweeping();
  await sweep();
  expect(started).toContain('lost/1');
});

test.each([
  ['push', []],
  ['evidence', []],
  ['release', ['new/1']],
  ['policy', ['new/1']],
  ['advisories', ['new/1']],
  ['import', ['new/1']],
  ['revocation', ['new/1']],
])('a new one, because of %s: %j is started by the next sweep', async (cause, expected) => {
  await generations('new/', 1, 'pending', 0, cause);
  const { started, sweep } = sweeping();
  await sweep();
  expect(started).toEqual(expected);
});

test.each(['claimed', 'pending'] as const)('every one that is %s has its turn, and is told once', async (state) => {
  await generations('old/', 450, state, 5);
  await generations('last/', 1, state, 1);
  const { started, sweep } = sweeping();
  for (let turn = 0; turn < 6; turn += 1) await sweep();
  expect(started).toContain('last/1');
  expect(started).toHaveLength(451);
});

test('one that can not be started keeps none of the others, and is tried again', async () => {
  await generations('poison/', 1, 'pending', 5);
  await generations('good/', 1, 'pending', 1);
  const { started, errors, sweep } = sweeping((repository) => repository === 'poison/1');
  await sweep();
  await sweep();
  expect(started).toEqual(['good/1']);
  expect(errors).toHaveLength(2);
});

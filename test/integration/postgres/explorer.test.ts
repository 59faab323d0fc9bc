/**
 * Many orders of the same few things, statement by statement, on the real database: whatever the order, what must never
 * be is not. `PRATIQUE_EXPLORE=20000` tries more orders; `PRATIQUE_SEED=<n>` starts at a seed that a failure named.
 */
import process from 'node:process';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exploreAll } from './explorer/explore.ts';
import { violations } from './explorer/forbidden.ts';
import { type Lane, openLane } from './explorer/world.ts';
import { digestOf } from './harbour.ts';

const ORDERS = Number(process.env.PRATIQUE_EXPLORE ?? 2000);
const FIRST_SEED = Number(process.env.PRATIQUE_SEED ?? 1);
/** Databases side by side: one waits for its disk or its locks while another goes on. */
const LANES = 4;

/** An exploration in which one of these never comes about looks for nothing. */
const interesting = [
  ...['live in dev', 'live in prod', 'approved in prod', 'waiting in prod', 'undone in dev', 'superseded in dev'].map(
    (what) => `promotion.${what}`,
  ),
  ...['promotion.quarantined in dev', 'artifact.fenced', 'artifact.released', 'artifact.removed in dev'],
  ...['artifact.quarantined', 'incident.closed', 'incident.release-rejected'],
];

let lanes: readonly Lane[];
beforeAll(async () => {
  lanes = await Promise.all(Array.from({ length: Math.min(LANES, ORDERS) }, openLane));
});
afterAll(() => Promise.all((lanes ?? []).map((lane) => lane.close())));

test(
  `${ORDERS} orders of what people, pipelines and quarantines do, from seed ${FIRST_SEED}`,
  async () => {
    const started = performance.now();
    const { bad, seen } = await exploreAll(lanes, { first: FIRST_SEED, count: ORDERS });
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    const often = [...seen].sort().map(([what, times]) => `${what} ${times}`);
    process.stderr.write(
      `explored: seeds ${FIRST_SEED} to ${FIRST_SEED + ORDERS - 1} in ${seconds} s; ${often.join(', ')}\n`,
    );
    expect(bad?.found ?? [], `seed ${bad?.seed}: ${JSON.stringify(bad?.plan)}`).toEqual([]);
    if (ORDERS >= 500) expect(interesting.filter((what) => !seen.has(what))).toEqual([]);
  },
  60_000 + ORDERS * 1000,
);

test('the search sees what it looks for', async () => {
  const { db, reset } = lanes[0] as Lane;
  await reset();
  await sql`insert into placement (environment, destination, digest, state) values ('dev', 'dev/planted', ${digestOf('planted')}, 'live')`.execute(
    db,
  );
  await sql`insert into outbox (subject, sequence, type, actor, data, step, shard) values
    ('planted', 1, 'artifact.fenced', 'a', '{}', 'a', 0), ('planted', 3, 'promotion.live', 'a', '{}', 'b', 0)`.execute(
    db,
  );
  const found = (await violations(db)).map((line) => line.slice(0, line.indexOf(':')));
  expect(found).toEqual([
    'reserved or live again between a fence and its release',
    'a gap in the sequence of a subject',
    'a place that nobody claims',
  ]);
});

/**
 * "Are we affected?" on a synthetic portfolio: `npm run bench:affected`. Makes 10,000 and then 100,000 artifacts (30 million
 * component locations) in a Postgres of its own, and asks for components and for advisories of 50 packages, first page each,
 * as the API does.
 *   --artifacts N   of the larger portfolio (default 100000); the smaller one has a tenth
 *   --seed N        (default 1)
 *   --json          the report as JSON
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import type { Database } from '../../adapters/postgres/database.ts';
import { findAffected } from '../../adapters/postgres/find-affected.ts';
import { createPolicyStore } from '../../adapters/postgres/policy-store.ts';
import { readAffected } from '../../adapters/postgres/read-affected.ts';
import { parseQuestion } from '../../domain/affected/question.ts';
import { ownerOf } from '../../domain/policy/environments.ts';
import { startTestInfra } from '../infra.ts';
import { shape } from './portfolio/generate-portfolio.ts';
import { openPortfolio } from './portfolio/open-portfolio.ts';

const COMPONENTS = 1000;
const ADVISORIES = 200;
const ADVISORY_PACKAGES = 50;
const WARM_UP = 50;
const PAGE = 50;

interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
}
interface Measured {
  readonly artifacts: number;
  readonly locations: number;
  readonly bytes: number;
  readonly component: Latency;
  readonly advisory: Latency;
}

const log = (line: string) => void process.stderr.write(`${line}\n`);

async function ask(db: Database, question: string): Promise<number> {
  const policies = createPolicyStore(db);
  const started = performance.now();
  const affected = await findAffected(db, [parseQuestion(question)], () => policies.current());
  const page = await readAffected(db, affected, { environment: undefined }, { limit: PAGE, after: undefined });
  const policy = await policies.current();
  JSON.stringify(page.items.map((item) => ({ ...item, owner: ownerOf(policy, item.repository) })));
  const milliseconds = performance.now() - started;
  if (page.items.length === 0) throw new Error(`${question} is nowhere: the bench asks for what is there`);
  return milliseconds;
}

async function measure(db: Database, questions: readonly string[]): Promise<Latency> {
  for (const question of questions.slice(0, WARM_UP)) await ask(db, question);
  const times: number[] = [];
  for (const question of questions) times.push(await ask(db, question));
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), worst: at(1) };
}

/** Half of them as they lie in artifacts (the popular ones often), half by version, each as likely. */
async function pickComponents(db: Database, seed: number): Promise<string[]> {
  await sql`select setseed(${(seed % 1000) / 1000})`.execute(db);
  const { rows } = await sql<{ purl: string }>`
    (select c.purl from (select (random() * (select max(id) from stock))::int + 1 as stock from generate_series(1, ${COMPONENTS / 2}::int)) s
      cross join lateral (select m.component from stock_layer l join layer_component m on m.layer_set = l.layer_set
        where l.stock = least(s.stock, (select max(id) from stock)) order by random() limit 1) m join component c on c.id = m.component)
    union all
    (select c.purl from component c where exists (select from layer_component m join stock_layer l on l.layer_set = m.layer_set where m.component = c.id)
      order by hashint8extended(c.id, ${seed}) limit ${COMPONENTS / 2})`.execute(db);
  return rows.map(({ purl }) => purl.replace(/[?#].*$/, ''));
}

/** Each names 50 packages, popular ones among them, and the lower half of their versions. */
async function makeAdvisories(db: Database, seed: number): Promise<string[]> {
  const random = randomOf(seed);
  const names: string[] = [];
  for (let number = 0; number < ADVISORIES; number += 1) {
    const id = `BENCH-${seed}-${number}`;
    const packages = new Set<number>();
    while (packages.size < ADVISORY_PACKAGES) packages.add(Math.floor(random() ** 2 * shape.libraries));
    const record = {
      ...{ id, modified: '2026-01-01T00:00:00Z', aliases: [`CVE-2026-${100_000 + number}`], upstream: [] },
      ...{ summary: 'of the bench', severity: [], database_specific: { severity: 'HIGH' } },
      affected: [...packages].map((library) => ({
        package: { ecosystem: 'npm', name: `library-${library}` },
        ...{ severity: [], versions: [] },
        ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: `1.${shape.libraryVersions / 2}.0` }] }],
      })),
    };
    await sql`insert into advisory (id, modified, record, record_digest)
      values (${id}, ${record.modified}, ${JSON.stringify(record)}::jsonb, ${id})`.execute(db);
    names.push(`CVE-2026-${100_000 + number}`);
  }
  await sql`analyze advisory`.execute(db);
  return names;
}

/** A linear congruential generator: the same numbers for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

async function measurePortfolio(server: string, artifacts: number, seed: number): Promise<Measured> {
  const portfolio = await openPortfolio(server, { artifacts, seed }, log);
  try {
    const { db, locations, size } = portfolio;
    const component = await measure(db, await pickComponents(db, seed));
    const advisory = await measure(db, await makeAdvisories(db, seed));
    return { artifacts, locations, bytes: size, component, advisory };
  } finally {
    await portfolio.drop();
  }
}

function format(reports: readonly Measured[]): string {
  const line = (report: Measured) => {
    const { component: c, advisory: a } = report;
    const numbers = [c.p50, c.p99, c.worst, a.p50, a.p99, a.worst].map((value) => value.toFixed(1).padStart(9));
    return `${String(report.artifacts).padStart(9)} ${String(report.locations).padStart(10)} ${(report.bytes / 1024 ** 3).toFixed(2).padStart(6)} ${numbers.join('')}`;
  };
  const head =
    'artifacts  locations    GiB   component: p50, p99, worst ms | advisory of 50 packages: p50, p99, worst ms';
  const [small, large] = [reports[0], reports.at(-1)];
  const grows = (of: 'component' | 'advisory') =>
    small === undefined || large === undefined
      ? ''
      : `${of}: p50 x${(large[of].p50 / small[of].p50).toFixed(2)}, p99 x${(large[of].p99 / small[of].p99).toFixed(2)}`;
  return `${[head, ...reports.map(line), `growth: ${grows('component')}; ${grows('advisory')}`].join('\n')}\n`;
}

const { values } = parseArgs({
  options: {
    artifacts: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const servers = await startTestInfra();
try {
  const reports: Measured[] = [];
  for (const artifacts of [Number(values.artifacts) / 10, Number(values.artifacts)])
    reports.push(await measurePortfolio(servers.infra.databaseUrl, artifacts, Number(values.seed)));
  process.stdout.write(values.json ? `${JSON.stringify(reports, null, 2)}\n` : format(reports));
} finally {
  await servers.stop();
}

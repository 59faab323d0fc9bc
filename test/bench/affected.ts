/**
 * "Are we affected?" on a synthetic portfolio: `npm run bench:affected`. Makes 10,000 and then 100,000 artifacts (30 million
 * component locations) in a Postgres of its own, and asks both, in turn, for components and for advisories of 50 packages,
 * first page each, as the API does.
 *   --artifacts N   of the larger portfolio (default 100000); the smaller one has a tenth
 *   --seed N        (default 1)
 *   --json          the report as JSON
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { startTestInfra } from '../infra.ts';
import { type Cost, makeAdvisories, measure, pickComponents } from './portfolio/measure-affected.ts';
import { openPortfolio, type Portfolio } from './portfolio/open-portfolio.ts';

interface Measured {
  readonly artifacts: number;
  readonly locations: number;
  readonly bytes: number;
  readonly component: Cost;
  readonly advisory: Cost;
}

const log = (line: string) => void process.stderr.write(`${line}\n`);

async function measurePortfolios(server: string, sizes: readonly number[], seed: number): Promise<Measured[]> {
  const portfolios: Portfolio[] = [];
  try {
    for (const artifacts of sizes) portfolios.push(await openPortfolio(server, { artifacts, seed }, log));
    const asked = (make: (db: Portfolio['db'], seed: number) => Promise<string[]>) =>
      Promise.all(portfolios.map(async ({ db }) => ({ db, questions: await make(db, seed) })));
    const component = await measure(await asked(pickComponents));
    const advisory = await measure(await asked(makeAdvisories));
    return portfolios.map(({ locations, size }, index) => ({
      ...{ artifacts: sizes[index] ?? 0, locations, bytes: size },
      ...{ component: component[index] as Cost, advisory: advisory[index] as Cost },
    }));
  } finally {
    for (const portfolio of portfolios) await portfolio.drop();
  }
}

function format(reports: readonly Measured[]): string {
  const line = (report: Measured) => {
    const { component: c, advisory: a } = report;
    const numbers = [c, a].flatMap(({ p50, p99, worst, processor, blocks }) =>
      [p50, p99, worst, processor, blocks].map((value) => value.toFixed(1).padStart(9)),
    );
    return `${String(report.artifacts).padStart(9)} ${String(report.locations).padStart(10)} ${(report.bytes / 1024 ** 3).toFixed(2).padStart(6)} ${numbers.join('')}`;
  };
  const head =
    'artifacts  locations    GiB   component: p50, p99, worst ms, processor ms, blocks | advisory of 50 packages: the same';
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
  const sizes = [Number(values.artifacts) / 10, Number(values.artifacts)];
  const reports = await measurePortfolios(servers.infra.databaseUrl, sizes, Number(values.seed));
  process.stdout.write(values.json ? `${JSON.stringify(reports, null, 2)}\n` : format(reports));
} finally {
  await servers.stop();
}

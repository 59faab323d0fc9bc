/**
 * How many small images a second go from webhook to prod, and at what cost: `npm run bench:pipeline`. Brings up a stack of
 * its own, pushes images that share a base layer, each signed and with provenance, and waits until the last is live in prod.
 *   --count N       images that are counted (default 500)
 *   --warm-up N     images that go the whole way before the counting begins (default 100)
 *   --growth        2000 images, to see whether the cost of an artifact grows, hundred by hundred
 *   --in-flight N   pushed and not yet in prod, at most (default 40)
 *   --json          the report as JSON on stdout instead of the table
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { connectDatabase } from '../../adapters/postgres/database.ts';
import { connectTemporal } from '../../adapters/temporal/connect.ts';
import { createBenchBuilder, createBenchSigner } from './pipeline/bench-builder.ts';
import { startBenchStack } from './pipeline/bench-stack.ts';
import { countHistories } from './pipeline/count-histories.ts';
import { drive } from './pipeline/drive.ts';
import { countIntake, explainStuck, latencies } from './pipeline/progress-of.ts';
import { createReference } from './pipeline/reference.ts';
import {
  type BenchReport,
  formatReport,
  joinStretches,
  processCosts,
  stretchesOf,
  stretchOfAll,
} from './pipeline/report.ts';

const GROWTH = '2000';
/** Artifacts whose histories are read. */
const SAMPLED = 25;

const log = (line: string) => void process.stderr.write(`${line}\n`);

interface BenchOptions {
  readonly count: number;
  readonly warmUp: number;
  readonly inFlight: number;
}

async function bench({ count, warmUp, inFlight }: BenchOptions): Promise<BenchReport> {
  const signer = createBenchSigner();
  await using stack = await startBenchStack(signer.publicKeyPem, log);
  const { connection, parts } = stack.record;
  const db = connectDatabase({ url: connection.databaseUrl, connections: 3, applicationName: 'pratique-bench' });
  const temporal = connectTemporal({ address: connection.temporalAddress, namespace: connection.temporalNamespace });
  const reference = await createReference(connection.temporalAddress, temporal.client);
  const builder = createBenchBuilder(stack, signer);
  try {
    const before = await reference.measure();
    log(`reference: ${before.toFixed(1)} workflows a second`);
    const run = (from: number, until: number) =>
      drive({
        ...{ builder, db, parts, from, count: until - from, inFlight, log },
        explain: () => explainStuck(db, temporal.client),
      });
    const warm = warmUp === 0 ? [] : (await run(0, warmUp)).checkpoints;
    const intakeBefore = await countIntake(db);
    const since = new Date();
    const { digests, checkpoints } = await run(warmUp, warmUp + count);
    const after = await reference.measure();
    const counted = stretchOfAll(checkpoints);
    const warmed = warm.length === 0 ? null : stretchOfAll(warm);
    return {
      ...{ count, inFlight, rate: counted.rate },
      seconds: checkpoints.at(-1)?.seconds ?? 0,
      warmUp: warmed,
      whole: joinStretches(warmed, counted),
      reference: { before, after },
      ratio: counted.rate / ((before + after) / 2),
      perArtifact: await countHistories(temporal.client, sample(digests)),
      intakePerArtifact: perArtifact(await countIntake(db), intakeBefore, count),
      latencies: await latencies(db, since),
      processes: processCosts(checkpoints, warm),
      stretches: stretchesOf(checkpoints),
    };
  } finally {
    await builder.close();
    await reference.close();
    await temporal.close();
    await db.destroy();
  }
}

function perArtifact(now: Record<string, number>, before: Record<string, number>, artifacts: number) {
  return Object.fromEntries(
    Object.entries(now).map(([outcome, count]) => [outcome, (count - (before[outcome] ?? 0)) / artifacts]),
  );
}

/** Spread over the whole run. */
function sample(digests: readonly string[]): string[] {
  const step = Math.max(1, Math.floor(digests.length / SAMPLED));
  return digests.filter((_, position) => position % step === 0);
}

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '500' },
    'warm-up': { type: 'string', default: '100' },
    growth: { type: 'boolean', default: false },
    'in-flight': { type: 'string', default: '40' },
    json: { type: 'boolean', default: false },
  },
});
const report = await bench({
  count: Number(values.growth ? GROWTH : values.count),
  warmUp: Number(values['warm-up']),
  inFlight: Number(values['in-flight']),
});
process.stdout.write(values.json ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report));

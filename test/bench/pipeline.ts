/**
 * How many small images a second go from webhook to prod, and at what cost: `npm run bench:pipeline`. Brings up a stack of
 * its own, pushes images that share a base layer, each signed and with provenance, and waits until the last is live in prod.
 *   --count N       images (default 500)
 *   --growth        2000 images, and the cost of the stretches that end at 100, 500 and 2000
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
import { explainStuck, intakePerArtifact, latencies } from './pipeline/progress-of.ts';
import { createReference } from './pipeline/reference.ts';
import { type BenchReport, formatReport, processCosts, stretchesOf } from './pipeline/report.ts';

const GROWTH = [100, 500, 2000] as const;
/** Artifacts whose histories are read. */
const SAMPLED = 25;
const STRETCH = 100;

const log = (line: string) => void process.stderr.write(`${line}\n`);

async function bench(count: number, inFlight: number): Promise<BenchReport> {
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
    const { digests, checkpoints } = await drive({
      ...{ builder, db, parts, count, inFlight, log },
      explain: () => explainStuck(db, temporal.client),
    });
    const after = await reference.measure();
    const seconds = checkpoints.at(-1)?.seconds ?? 0;
    return {
      count,
      inFlight,
      seconds,
      rate: count / seconds,
      reference: { before, after },
      ratio: count / seconds / ((before + after) / 2),
      perArtifact: await countHistories(temporal.client, sample(digests)),
      intakePerArtifact: await intakePerArtifact(db, count),
      latencies: await latencies(db),
      processes: processCosts(checkpoints, count),
      stretches: stretchesOf(checkpoints, [...GROWTH.filter((end) => end < count), count], STRETCH),
    };
  } finally {
    await builder.close();
    await reference.close();
    await temporal.close();
    await db.destroy();
  }
}

/** Spread over the whole run. */
function sample(digests: readonly string[]): string[] {
  const step = Math.max(1, Math.floor(digests.length / SAMPLED));
  return digests.filter((_, position) => position % step === 0);
}

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '500' },
    growth: { type: 'boolean', default: false },
    'in-flight': { type: 'string', default: '40' },
    json: { type: 'boolean', default: false },
  },
});
const report = await bench(values.growth ? (GROWTH.at(-1) ?? 0) : Number(values.count), Number(values['in-flight']));
process.stdout.write(values.json ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report));

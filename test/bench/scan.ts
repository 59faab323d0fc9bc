/**
 * How long a scan takes against a whole feed: import of every zip, opening the index, and matching a few thousand components.
 * `npm run bench:scan`; the feed is that of the test data.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { openDirectoryDatabase } from '../../adapters/osv/directory-database.ts';
import { takeDirectoryStock } from '../../adapters/sbom/take-directory-stock.ts';
import { scanComponents } from '../../domain/advisory/scan-components.ts';
import { testData } from '../fixtures/test-data.ts';

const folder = testData('osv.tar');
const lockfiles = testData('lockfiles.tar.gz');
if (folder === undefined || lockfiles === undefined) {
  process.stderr.write('skipped: PRATIQUE_TEST_DATA has no osv.tar and lockfiles.tar.gz\n');
  process.exit(0);
}
const cacheFolder = mkdtempSync(path.join(tmpdir(), 'pratique-bench-'));

async function time<T>(what: string, act: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await act();
  const memory = Math.round(process.memoryUsage.rss() / 1024 ** 2);
  process.stdout.write(
    `${what.padEnd(40)} ${(performance.now() - started).toFixed(0).padStart(7)} ms  ${memory} MiB\n`,
  );
  return result;
}

try {
  const options = { folder, cacheFolder, signal: new AbortController().signal };
  const first = await time('first import of all zips', () => openDirectoryDatabase(options));
  const { records } = await first.state();
  first[Symbol.dispose]();
  using index = await time('opening the index', () => openDirectoryDatabase(options));
  const { components } = await time('taking stock of the lockfiles', () => takeDirectoryStock(lockfiles));
  for (const round of ['first', 'second', 'third'])
    await time(`scan, ${round} time`, () => scanComponents(components, index));
  const { findings, undecided } = await scanComponents(components, index);
  process.stdout.write(
    `${records} records, ${components.length} components, ${findings.length} findings, ${undecided.length} undecided\n`,
  );
} finally {
  rmSync(cacheFolder, { recursive: true, force: true });
}

/**
 * What Pratique and Syft find in the same real lockfiles and manifests, kind by kind: `npm run bench:lockfiles`.
 * `-- --differences` lists each package that only one of them finds. The table of docs/bench/lockfiles.md is its output.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { takeDirectoryStock } from '../../adapters/sbom/take-directory-stock.ts';
import { testData } from '../fixtures/test-data.ts';
import { goTool } from './go-tool.ts';

const folder = testData('lockfiles.tar.gz');
if (folder === undefined) {
  process.stderr.write('skipped: PRATIQUE_TEST_DATA has no lockfiles.tar.gz\n');
  process.exit(0);
}
const syft = goTool('syft', 'github.com/anchore/syft/cmd/syft', 'v1.52.0');
const listDifferences = process.argv.includes('--differences');

/** Without qualifiers and in lower case: the two write those differently for the same package. */
function identity(purl: string): string {
  return decodeURIComponent(purl.split(/[?#]/, 1)[0] ?? '').toLowerCase();
}

function runSyft(kind: string): { purls: Set<string>; milliseconds: number } {
  const started = performance.now();
  const output = execFileSync(syft, ['scan', `dir:${kind}`, '-q', '-o', 'syft-json'], {
    encoding: 'utf8',
    maxBuffer: 512 * 1024 * 1024,
    env: { ...process.env, SYFT_CHECK_FOR_APP_UPDATE: 'false' },
  });
  const milliseconds = performance.now() - started;
  const { artifacts } = JSON.parse(output) as { artifacts: { purl: string }[] };
  return { purls: new Set(artifacts.map(({ purl }) => identity(purl)).filter((purl) => purl !== '')), milliseconds };
}

async function runPratique(kind: string): Promise<{ purls: Set<string>; milliseconds: number; unreadable: number }> {
  const started = performance.now();
  const { components, unreadable } = await takeDirectoryStock(kind);
  const milliseconds = performance.now() - started;
  return { purls: new Set(components.map(({ purl }) => identity(purl))), milliseconds, unreadable: unreadable.length };
}

const without = (left: Set<string>, right: Set<string>): string[] =>
  [...left].filter((purl) => !right.has(purl)).toSorted();

process.stdout.write(
  '| kind | Pratique | Syft | both | only Pratique | only Syft | unreadable | Pratique, ms | Syft, ms |\n',
);
process.stdout.write('| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n');
for (const kind of readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
  const place = path.join(folder, kind.name);
  const ours = await runPratique(place);
  const theirs = runSyft(place);
  const [onlyOurs, onlyTheirs] = [without(ours.purls, theirs.purls), without(theirs.purls, ours.purls)];
  const row = [
    kind.name,
    ours.purls.size,
    theirs.purls.size,
    ours.purls.size - onlyOurs.length,
    onlyOurs.length,
    onlyTheirs.length,
    ours.unreadable,
    ours.milliseconds.toFixed(0),
    theirs.milliseconds.toFixed(0),
  ];
  process.stdout.write(`| ${row.join(' | ')} |\n`);
  if (!listDifferences) continue;
  for (const purl of onlyOurs) process.stdout.write(`  + ${purl}\n`);
  for (const purl of onlyTheirs) process.stdout.write(`  - ${purl}\n`);
}

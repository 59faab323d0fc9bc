/**
 * `npm run bench:scan [-- --rounds N] [--no-images] [--sbom FILE]...`: Pratique and osv-scanner match the same SBOMs against the same OSV
 * zips, alternating: as processes, cold and warm, and inside a process that runs already. Then their findings are compared.
 * SBOMs are those of the lockfiles of the test data, by kind, of the packages of this machine where it is a Debian, of the images of
 * `npm run bench:sbom` (built once, kept in its cache; `--no-images` leaves them out), and those that are named. Needs Go, once.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { createEgress } from '../../adapters/egress/egress.ts';
import { createInProcessLease } from '../../adapters/oci/in-process-lease.ts';
import { createOciRegistry } from '../../adapters/oci/oci-registry.ts';
import { openDirectoryDatabase } from '../../adapters/osv/directory-database.ts';
import { readSbom } from '../../adapters/sbom/read-sbom.ts';
import { scanComponents } from '../../domain/advisory/scan-components.ts';
import { testData } from '../fixtures/test-data.ts';
import { startBareRegistry } from '../interop/bare-registry.ts';
import { goTool } from './go-tool.ts';
import { buildImage, pushBuilt } from './sbom/build-image.ts';
import { type Measurement, measure, median } from './sbom/measure.ts';
import { recipes } from './sbom/recipes.ts';
import { countFindings, missingFrom, readOurs, readTheirs } from './scan/finding-sets.ts';

const VERSION = 'v2.5.0';
const pratique = path.resolve(import.meta.dirname, '../../pratique');
const { values } = parseArgs({
  allowNegative: true,
  options: {
    rounds: { type: 'string', default: '5' },
    images: { type: 'boolean', default: true },
    sbom: { type: 'string', multiple: true, default: [] },
  },
});
const feed = testData('osv.tar');
const lockfiles = testData('lockfiles.tar.gz');
if (feed === undefined || lockfiles === undefined) {
  process.stderr.write('skipped: PRATIQUE_TEST_DATA has no osv.tar and lockfiles.tar.gz\n');
  process.exit(0);
}
const scanner = goTool('osv-scanner', 'github.com/google/osv-scanner/v2/cmd/osv-scanner', VERSION);
const folder = mkdtempSync(path.join(tmpdir(), 'pratique-bench-scan-'));
const ourCache = path.join(folder, 'ours');

/** The zips where osv-scanner looks for them. It stops at an ecosystem it has no zip of: those get an empty one. */
function prepareTheirCache(): string {
  const cache = path.join(folder, 'theirs');
  for (const ecosystem of readdirSync(feed!))
    cpSync(path.join(feed!, ecosystem), path.join(cache, 'osv-scalibr', ecosystem), { recursive: true });
  for (const ecosystem of ['Packagist', 'Hex', 'Pub', 'GitHub Actions']) {
    mkdirSync(path.join(cache, 'osv-scalibr', ecosystem), { recursive: true });
    writeFileSync(
      path.join(cache, 'osv-scalibr', ecosystem, 'all.zip'),
      Buffer.from(`PK\x05\x06${'\0'.repeat(18)}`, 'latin1'),
    );
  }
  return cache;
}

/** Images of the other bench, in a registry as long as it takes to read them. */
async function makeImageSboms(): Promise<{ readonly name: string; readonly file: string }[]> {
  const cache = path.join(process.env.PRATIQUE_CACHE_DIR ?? path.join(homedir(), '.cache', 'pratique'), 'bench-sbom');
  mkdirSync(cache, { recursive: true });
  const registry = await startBareRegistry(folder);
  const egress = createEgress({ configuredHosts: [registry.host], allowPublicHosts: false });
  try {
    const api = createOciRegistry({ host: registry.host, egress, lease: createInProcessLease() });
    const made: { name: string; file: string }[] = [];
    for (const recipe of recipes) {
      await pushBuilt(await buildImage(recipe, cache), api, `bench/${recipe.name}`);
      const file = path.join(folder, `image-${recipe.name}.cdx.json`);
      const image = `${registry.host}/bench/${recipe.name}:image`;
      run([pratique, 'sbom', image, '-o', `cyclonedx-json=${file}`], { PRATIQUE_CACHE_DIR: ourCache }, 3);
      made.push({ name: `image ${recipe.name}`, file });
    }
    return made;
  } finally {
    await egress.close();
    await registry.stop();
  }
}

function makeSboms(): { readonly name: string; readonly file: string }[] {
  const sources = readdirSync(lockfiles!).map((name) => ({ name, source: path.join(lockfiles!, name) }));
  if (existsSync('/var/lib/dpkg/status')) {
    const machine = path.join(folder, 'machine');
    mkdirSync(path.join(machine, 'var/lib/dpkg'), { recursive: true });
    mkdirSync(path.join(machine, 'etc'));
    for (const file of ['var/lib/dpkg/status', 'etc/os-release'])
      writeFileSync(path.join(machine, file), readFileSync(path.join('/', file)));
    sources.push({ name: 'this machine', source: machine });
  }
  sources.push({ name: 'all lockfiles', source: lockfiles! });
  const made = sources.map(({ name, source }, index) => {
    const file = path.join(folder, `${index}.cdx.json`);
    // 3: a file that could not be read is told in the document.
    run([pratique, 'sbom', source, '-o', `cyclonedx-json=${file}`], { PRATIQUE_CACHE_DIR: ourCache }, 3);
    return { name, file };
  });
  return [...made, ...values.sbom.map((file) => ({ name: path.basename(file), file: path.resolve(file) }))];
}

/** `other` is an exit code that is a result too. */
function run(command: readonly string[], env: Readonly<Record<string, string>>, other: number): Measurement {
  return measure(['sh', '-c', `"$@" || [ $? -eq ${other} ]`, 'sh', ...command], env);
}

/** The command line in few files is made aside by the first run (decision 70): the bench waits for it, as a second run would have it. */
function makeCommandLine(): void {
  const clone = path.resolve(import.meta.dirname, '../..');
  const script = path.join(clone, 'services/cli/compiled/compile.ts');
  mkdirSync(path.join(clone, '.cache/command-line'), { recursive: true });
  spawnSync(process.execPath, [script, clone, path.join(clone, '.cache/command-line')], { cwd: clone });
}

makeCommandLine();
const theirCache = prepareTheirCache();
const ours = (sbom: string, cache: string) =>
  run(
    [pratique, 'scan', sbom, '--advisories', feed, '-o', `json=${path.join(folder, 'ours.json')}`],
    { PRATIQUE_CACHE_DIR: cache },
    3,
  );
const theirs = (sbom: string) => {
  const output = path.join(folder, 'theirs.json');
  const flags = ['scan', 'source', '--offline', '-L', sbom, '--format', 'json', '--all-vulns', '--output-file', output];
  return run([scanner, ...flags], { XDG_CACHE_HOME: theirCache }, 1);
};

async function inProcess(sbom: string, rounds: number): Promise<number> {
  const { components } = readSbom(readFileSync(sbom));
  using index = await openDirectoryDatabase({
    folder: feed!,
    cacheFolder: ourCache,
    signal: new AbortController().signal,
  });
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    await scanComponents(components, index);
    times.push(performance.now() - started);
  }
  return median(times) / 1000;
}

const middle = (runs: readonly Measurement[], what: keyof Measurement) => median(runs.map((one) => one[what]));
const line = (cells: readonly string[]) => process.stdout.write(`| ${cells.join(' | ')} |\n`);

async function bench(name: string, sbom: string, rounds: number): Promise<void> {
  const [mine, other]: [Measurement[], Measurement[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    mine.push(ours(sbom, ourCache));
    other.push(theirs(sbom));
  }
  const [a, b] = [readOurs(path.join(folder, 'ours.json')), readTheirs(path.join(folder, 'theirs.json'))];
  const inside = await inProcess(sbom, rounds);
  line([
    name,
    String(readSbom(readFileSync(sbom)).components.length),
    ...(['wall', 'cpu'] as const).map(
      (what) =>
        `${middle(mine, what).toFixed(2)} / ${middle(other, what).toFixed(2)} (${(middle(other, what) / middle(mine, what)).toFixed(1)}×)`,
    ),
    `${(inside * 1000).toFixed(0)} ms (${(middle(other, 'wall') / inside).toFixed(0)}×)`,
    `${middle(mine, 'peak').toFixed(0)} / ${middle(other, 'peak').toFixed(0)}`,
    `${countFindings(a)} / ${countFindings(b)}`,
  ]);
  differences.push(...missingFrom(b, a).map((text) => `only Pratique, ${name}: ${text}`));
  differences.push(...missingFrom(a, b).map((text) => `only osv-scanner, ${name}: ${text}`));
}

const differences: string[] = [];
try {
  const sboms = [...makeSboms(), ...(values.images ? await makeImageSboms() : [])];
  const cold = ours(sboms[0]!.file, path.join(folder, 'cold'));
  const coldTheirs = theirs(sboms[0]!.file);
  process.stdout.write(
    `load ${loadavg()[0]!.toFixed(1)}; Pratique / osv-scanner ${VERSION}, medians of ${values.rounds}\n`,
  );
  process.stdout.write(
    `cold, ${sboms[0]!.name}: ${cold.wall.toFixed(1)} s, ${cold.cpu.toFixed(1)} s of processor (every zip imported) / ${coldTheirs.wall.toFixed(1)} s, ${coldTheirs.cpu.toFixed(1)} s\n\n`,
  );
  line(['SBOM', 'components', 'seconds', 'processor seconds', 'in process', 'peak MiB', 'findings']);
  line(Array.from({ length: 7 }, () => '---'));
  ours(sboms[0]!.file, ourCache);
  for (const { name, file } of sboms) await bench(name, file, Number(values.rounds));
  process.stdout.write(`\n${differences.length} differences\n${differences.map((text) => `${text}\n`).join('')}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

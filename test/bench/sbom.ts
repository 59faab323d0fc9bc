/**
 * `npm run bench:sbom [-- --rounds N] [--only NAME,NAME] [--json FILE]`: Pratique and Syft take stock of the same images in the
 * same local registry, alternating, and both are compared with what the native tools say is in them. Needs Debian's apt, npm,
 * pip, Maven and Go, once: images and Syft are kept in the cache. An image's name with `-zstd` is the same with layers packed by
zstd; of these, node-app is measured without `--only` too.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { createEgress } from '../../adapters/egress/egress.ts';
import { createInProcessLease } from '../../adapters/oci/in-process-lease.ts';
import { createOciRegistry } from '../../adapters/oci/oci-registry.ts';
import { findOnPath } from '../../infra/dev/fetch/find-on-path.ts';
import { startBareRegistry } from '../interop/bare-registry.ts';
import { type BothFound, compareFound, tellAccuracy } from './sbom/accuracy.ts';
import { goPrograms } from './sbom/app-layers.ts';
import { type BuiltImage, buildImage, pushBuilt } from './sbom/build-image.ts';
import { type Measurement, median } from './sbom/measure.ts';
import { recipes } from './sbom/recipes.ts';
import { runPratique, runSyft, SYFT } from './sbom/run-tools.ts';
import { zstdImage } from './sbom/zstd-image.ts';

const ZSTD = '-zstd';
const byDefault = [...recipes.map(({ name }) => name), `node-app${ZSTD}`];
const cases = ['cold', 'cold, igzip', 'base known', 'all known'] as const;
const igzip = findOnPath('igzip');

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, only: { type: 'string' }, json: { type: 'string' } },
});
const cache = path.join(process.env.PRATIQUE_CACHE_DIR ?? path.join(homedir(), '.cache', 'pratique'), 'bench-sbom');
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(path.join(tmpdir(), 'pratique-bench-sbom-'));
const [syft = ''] = goPrograms(cache, [SYFT]);
const registry = await startBareRegistry(folder);

interface Result {
  readonly name: string;
  readonly size: BuiltImage['size'];
  readonly runs: Readonly<Record<(typeof cases)[number], Measurement[]>>;
  readonly syft: Measurement[];
  readonly accuracy: Readonly<Record<string, BothFound>>;
}

async function bench(name: string, image: BuiltImage, rounds: number): Promise<Result> {
  const repository = `bench/${name}`;
  const api = createOciRegistry({
    host: registry.host,
    egress: createEgress({ configuredHosts: [registry.host], allowPublicHosts: false }),
    lease: createInProcessLease(),
  });
  await pushBuilt(image, api, repository);
  const reference = (tag: string): string => `${registry.host}/${repository}:${tag}`;
  const at = (place: string): string => path.join(folder, name, place);
  mkdirSync(at('.'), { recursive: true });
  runPratique(reference('base'), at('base'), at('base.json'));
  runPratique(reference('image'), at('all'), at('ours.json'));
  const runs: Result['runs'] = { cold: [], 'cold, igzip': [], 'base known': [], 'all known': [] };
  const others: Measurement[] = [];
  for (let round = 0; round < rounds; round += 1) {
    runs.cold.push(runPratique(reference('image'), at(`cold-${round}`), at('ours.json')));
    others.push(runSyft(syft, reference('image'), at('syft.json')));
    if (igzip !== undefined && !name.endsWith(ZSTD)) {
      const named = { PRATIQUE_IGZIP: igzip };
      runs['cold, igzip'].push(runPratique(reference('image'), at(`igzip-${round}`), at('ours.json'), named));
    }
    cpSync(at('base'), at(`base-${round}`), { recursive: true });
    runs['base known'].push(runPratique(reference('image'), at(`base-${round}`), at('ours.json')));
    runs['all known'].push(runPratique(reference('image'), at('all'), at('ours.json')));
  }
  return {
    name,
    size: image.size,
    runs,
    syft: others,
    accuracy: compareFound(image.truth, at('ours.json'), at('syft.json')),
  };
}

/** Of runs in turn, the median of how many times as long Syft took. */
function timesSyft(list: readonly Measurement[], others: readonly Measurement[]): number {
  return median(list.map(({ wall }, index) => (others[index]?.wall ?? Number.NaN) / wall));
}

/** Rows of the table of docs/bench/sbom.md. */
function print({ name, size, runs, syft: others, accuracy: types }: Result): void {
  const mebibytes = (bytes: number): number => Math.round(bytes / 1024 ** 2);
  const of = (list: readonly Measurement[], key: keyof Measurement): number => median(list.map((one) => one[key]));
  const row = (first: string, what: string, list: readonly Measurement[], ratios: string): void => {
    const figures = `${of(list, 'wall').toFixed(2)} s | ${of(list, 'cpu').toFixed(2)} s | ${of(list, 'peak').toFixed(0)} MiB`;
    process.stdout.write(`| ${first} | ${what} | ${figures} | ${ratios} |\n`);
  };
  row(`${name} | ${mebibytes(size.packed)} / ${mebibytes(size.unpacked)} MiB`, 'Syft', others, ' | ');
  for (const one of cases.filter((it) => runs[it].length > 0)) {
    const cpu = of(others, 'cpu') / of(runs[one], 'cpu');
    row(' | ', one, runs[one], `${timesSyft(runs[one], others).toFixed(1)} | ${cpu.toFixed(1)}`);
  }
  for (const [type, found] of Object.entries(types)) tellAccuracy(`${name}, ${type}`, found);
}

try {
  const wanted = values.only?.split(',') ?? byDefault;
  const results: Result[] = [];
  process.stdout.write(
    '| image | packed / unpacked | | wall | processor | memory | × Syft, wall | × Syft, processor |\n',
  );
  process.stdout.write('| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |\n');
  for (const recipe of recipes) {
    const names = [recipe.name, `${recipe.name}${ZSTD}`].filter((name) => wanted.includes(name));
    if (names.length === 0) continue;
    process.stderr.write(`building ${recipe.name}, unless it is in the cache\n`);
    const image = await buildImage(recipe, cache);
    for (const name of names) {
      const result = await bench(name, name === recipe.name ? image : await zstdImage(image), Number(values.rounds));
      print(result);
      results.push(result);
    }
  }
  for (const one of cases) {
    const ratios = results.flatMap(({ name, runs, syft: others }) =>
      runs[one].length === 0 || name.endsWith(ZSTD) ? [] : [timesSyft(runs[one], others)],
    );
    if (ratios.length === 0) continue;
    const [middle, least] = [median(ratios), Math.min(...ratios)].map((ratio) => ratio.toFixed(1));
    process.stdout.write(`\n${one}: ${middle} times as fast as Syft in the median, ${least} at the least\n`);
  }
  process.stdout.write(
    `\nload ${loadavg()
      .map((load) => load.toFixed(1))
      .join(' ')}\n`,
  );
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(results, undefined, 2));
} finally {
  await registry.stop();
  rmSync(folder, { recursive: true, force: true });
}

/**
 * `npm run bench:truth [-- --only NAME,NAME] [--json FILE]`: what native tools say is in real trees, and how much of it
 * Pratique and Syft find, type by type, with each miss and each extra. The images of `bench:sbom`, and small ones of rpm, apk,
 * gems, Rust, PHP and .NET; all are made once, by package clients, and kept in the cache. What can not be had here is skipped,
 * and said.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { createEgress } from '../../adapters/egress/egress.ts';
import { createInProcessLease } from '../../adapters/oci/in-process-lease.ts';
import { createOciRegistry } from '../../adapters/oci/oci-registry.ts';
import { startBareRegistry } from '../interop/bare-registry.ts';
import { addAccuracy, type BothFound, compareFound, percent, tellAccuracy } from './sbom/accuracy.ts';
import { goPrograms } from './sbom/app-layers.ts';
import { type BuiltImage, buildImage, pushBuilt } from './sbom/build-image.ts';
import { recipes } from './sbom/recipes.ts';
import { runPratique, runSyft, SYFT } from './sbom/run-tools.ts';
import { truthRecipes, witnesses } from './sbom/truth-recipes.ts';

const { values } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'string' } } });
const cache = path.join(process.env.PRATIQUE_CACHE_DIR ?? path.join(homedir(), '.cache', 'pratique'), 'bench-sbom');
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(path.join(tmpdir(), 'pratique-bench-truth-'));
const [syft = ''] = goPrograms(cache, [SYFT]);
const registry = await startBareRegistry(folder);

async function found(name: string, image: BuiltImage): Promise<Readonly<Record<string, BothFound>>> {
  const api = createOciRegistry({
    host: registry.host,
    egress: createEgress({ configuredHosts: [registry.host], allowPublicHosts: false }),
    lease: createInProcessLease(),
  });
  await pushBuilt(image, api, `truth/${name}`);
  const reference = `${registry.host}/truth/${name}:image`;
  const [ours, theirs] = [path.join(folder, `${name}.ours.json`), path.join(folder, `${name}.syft.json`)];
  runPratique(reference, path.join(folder, 'layers'), ours);
  runSyft(syft, reference, theirs);
  return compareFound(image.truth, ours, theirs);
}

/** A row of docs/bench/sbom.md a type. */
function printTable(results: ReadonlyMap<string, Readonly<Record<string, BothFound>>>): void {
  process.stdout.write(
    '| type | images | truth, and who says so | Pratique: recall, precision | Syft: recall, precision |\n',
  );
  process.stdout.write('| --- | --- | --- | --- | --- |\n');
  for (const [type, witness] of Object.entries(witnesses)) {
    const images = [...results].flatMap(([name, types]) =>
      types[type] === undefined ? [] : [[name, types[type]] as const],
    );
    if (images.length === 0) continue;
    const [ours, theirs] = (['pratique', 'syft'] as const).map((who) =>
      addAccuracy(images.map(([, both]) => both[who])),
    );
    const figures = [ours, theirs].map((one) => `${percent(one?.recall ?? 0)}, ${percent(one?.precision ?? 0)}`);
    const names = images.map(([name]) => name).join(', ');
    process.stdout.write(`| ${type} | ${names} | ${ours?.truth}, ${witness} | ${figures.join(' | ')} |\n`);
  }
}

try {
  const wanted = values.only?.split(',');
  const results = new Map<string, Readonly<Record<string, BothFound>>>();
  for (const recipe of [...recipes, ...truthRecipes].filter(({ name }) => wanted?.includes(name) ?? true)) {
    let image: BuiltImage;
    try {
      image = await buildImage(recipe, cache);
    } catch (error) {
      const reason = (error instanceof Error ? error.message : String(error)).trim().split('\n').at(-1);
      process.stdout.write(`skipped: ${recipe.name}, which can not be made here: ${reason}\n`);
      continue;
    }
    const types = await found(recipe.name, image);
    results.set(recipe.name, types);
    for (const [type, both] of Object.entries(types))
      tellAccuracy(`${recipe.name}, ${type}`, both, Number.MAX_SAFE_INTEGER);
  }
  printTable(results);
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(Object.fromEntries(results), undefined, 2));
} finally {
  await registry.stop();
  rmSync(folder, { recursive: true, force: true });
}

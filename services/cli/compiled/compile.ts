/**
 * Puts the command line and the packages it begins with into few files: `compile.ts ROOT FOLDER`, started aside by find.mjs. What
 * it writes is used only while every file it was made from is as it was.
 */
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import type { Plugin } from 'rolldown';

/** Packages without files of their own to find at run time. All others are loaded from node_modules as always. */
const taken = [
  ...[
    '@cyclonedx/cyclonedx-library',
    '@sigstore/bundle',
    '@sigstore/core',
    '@sigstore/protobuf-specs',
    '@sigstore/verify',
  ],
  ...['ae-cvss-calculator', 'cli-table3', 'commander', 'picocolors', 'saxes', 'smol-toml', 'yaml', 'zod'],
  ...['spdx-exceptions', 'spdx-expression-parse', 'spdx-license-ids', 'xmlchars'],
  ...['ansi-regex', 'emoji-regex', 'is-fullwidth-code-point', 'string-width', 'strip-ansi'],
];
/** Milliseconds after which whoever holds the lock is taken for dead. */
const LOCK_MS = 120_000;
/** Milliseconds that what was made stays, after it was made anew. */
const KEPT_MS = 24 * 3600 * 1000;

const [root = '', folder = ''] = process.argv.slice(2);
const lock = path.join(folder, 'lock');
async function takeLock(): Promise<boolean> {
  const held = await stat(lock).catch(() => undefined);
  if (held !== undefined && Date.now() - held.mtimeMs > LOCK_MS) await rm(lock, { recursive: true, force: true });
  return mkdir(lock).then(
    () => true,
    () => false,
  );
}

async function compile(): Promise<void> {
  const started = Date.now();
  const out = await mkdtemp(path.join(folder, 'out-'));
  // For whoever may read the source.
  await chmod(out, 0o755);
  const made = await bundle(out).catch(() => undefined);
  // With this lockfile and this entry it cannot be made: asked again when one of them is another.
  const sources = made ?? [path.join(root, 'services/cli/main.ts')];
  const files = await Promise.all([...sources, path.join(root, 'package-lock.json')].map(describe));
  // A file that was written meanwhile may be in it as it was before.
  if (files.some(([, modified]) => modified >= started)) return rm(out, { recursive: true, force: true });
  const entry = made === undefined ? {} : { entry: path.join(path.basename(out), 'main.mjs') };
  const record = path.join(out, 'made.json');
  await writeFile(record, JSON.stringify({ node: process.version, ...entry, files }));
  await rename(record, path.join(folder, 'made.json'));
  for (const name of await readdir(folder)) {
    const other = path.join(folder, name);
    // Who runs from one takes parts of it later.
    if (name.startsWith('out-') && other !== out && (await stat(other)).mtimeMs < started - KEPT_MS)
      await rm(other, { recursive: true, force: true });
  }
}

async function describe(file: string): Promise<[file: string, modified: number, size: number]> {
  const { mtimeMs, size } = await stat(file);
  return [path.relative(root, file), mtimeMs, size];
}

/** Our own files that went in. Throws where the bundler is not there, or fails. */
async function bundle(out: string): Promise<string[]> {
  const { rolldown } = await import('rolldown');
  const build = await rolldown({
    input: path.join(root, 'services/cli/main.ts'),
    cwd: root,
    platform: 'node',
    logLevel: 'silent',
    external: (id) => !id.startsWith('.') && !path.isAbsolute(id) && !taken.includes(packageOf(id)),
    plugins: [places],
  });
  const { output } = await build.write({
    dir: out,
    format: 'esm',
    entryFileNames: 'main.mjs',
    chunkFileNames: '[name]-[hash].mjs',
  });
  await build.close();
  const inside = output.flatMap((part) => (part.type === 'chunk' ? part.moduleIds : []));
  return inside.filter((id) => path.isAbsolute(id) && !id.includes(`${path.sep}node_modules${path.sep}`));
}

function packageOf(id: string): string {
  return id
    .split('/')
    .slice(0, id.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Files that are found from where a module lies are found from where it lay. */
const places: Plugin = {
  name: 'places',
  transform(code, id) {
    if (!/\bimport\.meta\b|\b__dirname\b|\b__filename\b/.test(code)) return null;
    const own = JSON.stringify(pathToFileURL(id).href);
    const dirname = JSON.stringify(path.dirname(id));
    return code
      .replaceAll(/\bimport\.meta\.url\b/g, own)
      .replaceAll(/\bimport\.meta\.dirname\b|\b__dirname\b/g, dirname)
      .replaceAll(/\bimport\.meta\.filename\b|\b__filename\b/g, JSON.stringify(id))
      .replaceAll(/\bimport\.meta\.main\b/g, 'false');
  },
};

if (await takeLock())
  try {
    await compile();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }

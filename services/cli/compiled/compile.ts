/**
 * Puts the command line and the packages it begins with into few files: `compile.ts ROOT FOLDER`, started aside by find.cjs. What
 * it writes is used only while every file it was made from is as it was.
 */
import { hash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Plugin, RolldownOutput } from 'rolldown';
import { isSchemaLibrary, lighten, schemaLibrary } from './lighten.ts';

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
/** Run again and again, by scripts and in CI: each is a file of its own. */
const often = ['verify', 'sbom', 'scan'];
/** Milliseconds after which whoever holds the lock is taken for dead. */
const LOCK_MS = 120_000;
/** Milliseconds that what was made stays, after it was made anew; longer while somebody runs from it. */
const KEPT_MS = 24 * 3600 * 1000;
/** Milliseconds from reading a record to holding what it names, at the most. */
const FIND_MS = 1000;
/** Milliseconds by which the times of files may be behind the clock. */
const TICK_MS = 100;

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
  let isWhole = await record('made.json', out, await bundle(out).catch(() => undefined), started);
  for (const verb of isWhole ? often : [])
    isWhole &&= await record(`verb-${verb}.json`, out, await bundleVerb(out, verb).catch(() => undefined), started);
  if (isWhole) await removeOthers(out, started);
}

/** Who runs from one takes parts of it later: what start.cjs of some process holds open stays. */
async function removeOthers(out: string, started: number): Promise<void> {
  const old: string[] = [];
  for (const name of await readdir(folder)) {
    const other = path.join(folder, name);
    if (name.startsWith('out-') && other !== out && (await stat(other)).mtimeMs < started - KEPT_MS) old.push(other);
  }
  if (old.length === 0) return;
  await delay(FIND_MS);
  const held = await heldFolders();
  for (const other of old) if (!held.has(other)) await rm(other, { recursive: true, force: true });
}

/** What processes have open, by proc(5): those that may be looked into. */
async function heldFolders(): Promise<Set<string>> {
  const held = new Set<string>();
  const entries = (of: string) => readdir(of).catch((): string[] => []);
  for (const pid of await entries('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    for (const handle of await entries(`/proc/${pid}/fd`))
      held.add(await readlink(`/proc/${pid}/fd/${handle}`).catch(() => ''));
  }
  return held;
}

type FileState = [file: string, modified: number, changed: number, size: number, sha256: string];

interface Made {
  /** In the folder it was made into. */
  readonly entry: string;
  /** Our own files that went in. */
  readonly sources: readonly string[];
}

/** Says what was made, or that it cannot be. False where a file was written meanwhile, which may be in it as it was before. */
async function record(name: string, out: string, made: Made | undefined, started: number): Promise<boolean> {
  // With this lockfile and this entry it cannot be made: asked again when one of them is another.
  const sources = made?.sources ?? [path.join(root, 'services/cli/main.ts')];
  const makers = ['compile.ts', 'lighten.ts', 'top-names.ts', 'find.cjs'].map((name) =>
    path.join(import.meta.dirname, name),
  );
  const files = await Promise.all([...sources, path.join(root, 'package-lock.json'), ...makers].map(describe));
  if (files.some(([, , changed]) => changed >= started - TICK_MS)) {
    if (name === 'made.json') await rm(out, { recursive: true, force: true });
    return false;
  }
  const entry =
    made === undefined
      ? {}
      : { entry: path.join(path.basename(out), made.entry), size: (await stat(path.join(out, made.entry))).size };
  const written = path.join(out, name);
  await writeFile(written, JSON.stringify({ node: process.version, ...entry, files }));
  await rename(written, path.join(folder, name));
  return true;
}

/** As find.cjs compares it. */
async function describe(file: string): Promise<FileState> {
  const { mtimeMs, ctimeMs, size } = await stat(file);
  return [path.relative(root, file), mtimeMs, ctimeMs, size, hash('sha256', await readFile(file), 'base64')];
}

const input = {
  input: path.join(root, 'services/cli/main.ts'),
  cwd: root,
  platform: 'node',
  logLevel: 'silent',
  external: (id: string) => !id.startsWith('.') && !path.isAbsolute(id) && !taken.includes(packageOf(id)),
} as const;

/** All verbs, each loaded when it runs. Throws where the bundler is not there, or fails. */
async function bundle(out: string): Promise<Made> {
  const { rolldown } = await import('rolldown');
  const build = await rolldown({ ...input, plugins: [places] });
  const { output } = await build.write({
    dir: out,
    format: 'esm',
    entryFileNames: 'main.mjs',
    chunkFileNames: '[name]-[hash].mjs',
  });
  await build.close();
  return { entry: 'main.mjs', sources: ownFiles(output) };
}

/** One verb in one file, and what it may load later in others. The same in CommonJS, from which packages that are no part of it cannot be had in every form. */
async function bundleVerb(out: string, verb: string): Promise<Made | undefined> {
  const [{ rolldown }, { parseAst }] = await Promise.all([import('rolldown'), import('rolldown/parseAst')]);
  const build = await rolldown({
    ...input,
    preserveEntrySignatures: 'allow-extension',
    plugins: [places, onlyVerb(verb)],
  });
  const parseCode = (code: string) => parseAst(code, { sourceType: 'commonjs' });
  const { output } = await build.generate({
    format: 'cjs',
    comments: false,
    entryFileNames: `${verb}.cjs`,
    chunkFileNames: `${verb}-[name]-[hash].cjs`,
    codeSplitting: { groups: [{ name: schemaLibrary, test: isSchemaLibrary }] },
  });
  const made = output.filter((part) => part.type === 'chunk');
  for (const { fileName, code } of lighten(made, parseCode)) await writeFile(path.join(out, fileName), code);
  await build.close();
  return { entry: `${verb}.cjs`, sources: ownFiles(output) };
}

function ownFiles(output: RolldownOutput['output']): string[] {
  const inside = output.flatMap((part) => (part.type === 'chunk' ? part.moduleIds : []));
  return inside.filter((id) => path.isAbsolute(id) && !id.includes(`${path.sep}node_modules${path.sep}`));
}

/** The list of verbs with one of them there from the start, and no other. */
const onlyVerb = (verb: string): Plugin => ({
  name: 'only-verb',
  transform(code, id) {
    if (id !== path.join(root, 'services/cli/verbs.ts')) return null;
    const loaded = code.replaceAll(/\bimport\('\.\/verbs\/([a-z]+)\.ts'\)/g, (_, name) =>
      name === verb ? 'Promise.resolve(wanted)' : `Promise.reject(new Error('${name} is in another file'))`,
    );
    return `import * as wanted from './verbs/${verb}.ts';\n${loaded}`;
  },
});

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

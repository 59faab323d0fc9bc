/** A folder to run the command line in, in this process, and what it is run on. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runCli } from '../../services/cli/run-cli.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** A workplace of its own: folder, cache, and what was written to the two streams. */
export function workplace() {
  const folder = temporaryFolder('pratique-scan-');
  const run = async (...argv: string[]) => {
    const out: string[] = [];
    const err: string[] = [];
    const exit = await runCli(argv, {
      out: { write: (text: string) => out.push(text) },
      err: { write: (text: string) => err.push(text) },
      in: (async function* () {})(),
      env: { PRATIQUE_CACHE_DIR: path.join(folder, 'cache') },
      cwd: folder,
      signal: new AbortController().signal,
      now: () => new Date('2026-01-02T03:04:05Z'),
    });
    return { exit, out: out.join(''), err: err.join('') };
  };
  const write = (name: string, content: string | Uint8Array) => {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  };
  return { folder, run, write, read: (name: string) => readFileSync(path.join(folder, name), 'utf8') };
}

/** A package-lock.json with these packages, none depending on another. */
export const lockfile = (packages: Readonly<Record<string, string>>) =>
  JSON.stringify({
    name: 'shop',
    version: '1.0.0',
    lockfileVersion: 3,
    packages: Object.fromEntries([
      ['', { name: 'shop', version: '1.0.0', dependencies: packages }],
      ...Object.entries(packages).map(([name, version]) => [`node_modules/${name}`, { version }]),
    ]),
  });
/** Two findings by the seed: one high, one medium. */
export const VULNERABLE = lockfile({ lodash: '4.17.15', express: '4.18.2', 'left-pad': '1.3.0' });
export const CLEAN = lockfile({ lodash: '4.17.21', 'left-pad': '1.3.0' });

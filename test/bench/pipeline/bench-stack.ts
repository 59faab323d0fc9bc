import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { createStack, type Stack } from '../../../infra/dev/stack.ts';
import { createStackHome } from '../../../infra/dev/stack-home.ts';
import type { StackRecord } from '../../../infra/dev/stack-record.ts';
import { endWith } from './end-with.ts';

const LAUNCHER = fileURLToPath(new URL('../../../pratique', import.meta.url));
const ADVISORIES = fileURLToPath(new URL('../../../infra/advisories', import.meta.url));

/** The builder of the bench, as its policy names it. */
export const BUILDER_ID = 'https://pratique.dev/bench/builder';
export const ENVIRONMENTS = ['dev', 'staging', 'prod'] as const;

export interface BenchStack extends AsyncDisposable {
  readonly record: StackRecord;
  /** What pushes to everything the policy takes in. */
  readonly pushToken: string;
}

/**
 * A stack of its own: temporary folder, free ports, and a policy that enforces every gate and asks nobody, so that what
 * is measured is the whole way. Disposing of it stops it and removes the folder, and so does the end of this process by a signal.
 */
export async function startBenchStack(publicKey: string, log: (line: string) => void): Promise<BenchStack> {
  const folder = await mkdtemp(path.join(tmpdir(), 'pratique-bench-'));
  const { PRATIQUE_CACHE_DIR: cache } = process.env;
  const cacheDir = cache ? path.resolve(cache) : path.join(homedir(), '.cache', 'pratique');
  const stack = createStack({ home: path.join(folder, 'home'), cacheDir, ports: 'free', log });
  const stopping = new AbortController();
  let removal: Promise<void> | undefined;
  const remove = (): Promise<void> => {
    removal ??= removeStack(stack, folder).finally(forget);
    return removal;
  };
  const forget = endWith(() => {
    log('stopping the stack of the bench');
    stopping.abort(new Error('stopped by a signal'));
    return remove();
  });
  try {
    await createStackHome(stack.home);
    await writeFile(stack.home.policyFile, benchPolicy(publicKey));
    const { record } = await stack.up({ signal: stopping.signal });
    // The seed of a release makes no scan fresh.
    const pratique = (args: readonly string[], token: object = {}): string =>
      execFileSync(LAUNCHER, args, {
        env: { ...process.env, PRATIQUE_HOME: stack.home.dir, ...token },
        encoding: 'utf8',
      });
    const operator = pratique(['token', 'create', '--subject', 'bench', '--role', 'operator']).trim();
    pratique(['advisories', 'sync', '--from', ADVISORIES], { PRATIQUE_TOKEN: operator });
    const pushToken = (await readFile(stack.home.pushTokenFile, 'utf8')).trim();
    return { record, pushToken, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function removeStack(stack: Stack, folder: string): Promise<void> {
  await stack.down();
  await rm(folder, { recursive: true, force: true });
}

function benchPolicy(publicKey: string): string {
  const gates = [
    { gate: 'digest' },
    { gate: 'signature' },
    { gate: 'provenance' },
    { gate: 'sbom' },
    { gate: 'scan-fresh', maximumAge: 'P1D', databaseMaximumAge: 'P3D' },
    { gate: 'vulnerabilities', severity: 'high' },
    { gate: 'licences', deny: ['AGPL-*'] },
  ];
  return stringify({
    apiVersion: 'pratique.dev/v1',
    kind: 'Policy',
    version: 1,
    intake: { repositories: ['bench/**'] },
    environments: ENVIRONMENTS.map((name, position) => ({
      name,
      repository: `${name}/{repository}`,
      mode: 'enforce',
      ...(position === 0 ? {} : { after: [ENVIRONMENTS[position - 1]] }),
      gates,
    })),
    signers: [{ name: 'bench', publicKey }],
    builders: [{ name: 'bench', id: BUILDER_ID, signer: 'bench', level: 1 }],
  });
}

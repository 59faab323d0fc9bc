import type { Verb } from './verb.ts';

interface VerbEntry {
  readonly name: string;
  /** One line in `pratique --help`. */
  readonly summary: string;
  /** Loaded only when the verb runs: start-up stays under 150 ms. */
  readonly load: () => Promise<{ readonly verb: Verb }>;
}

/** Every verb, in the order of `pratique --help`. Adding one is adding a file under verbs/ and a line here. */
export const verbs: readonly VerbEntry[] = [
  {
    name: 'up',
    summary: 'Start the local stack: Temporal, Kafka, Postgres, registry and services',
    load: () => import('./verbs/up.ts'),
  },
  { name: 'down', summary: 'Stop the local stack; its data stays', load: () => import('./verbs/down.ts') },
  {
    name: 'status',
    summary: 'Show each part of the local stack: address, version, health, pid',
    load: () => import('./verbs/status.ts'),
  },
  {
    name: 'sbom',
    summary: 'List what an image, a folder or an archive consists of, as CycloneDX, SPDX or a table',
    load: () => import('./verbs/sbom.ts'),
  },
  {
    name: 'scan',
    summary: 'Find known vulnerabilities in an image, a folder, an archive or an SBOM',
    load: () => import('./verbs/scan.ts'),
  },
  {
    name: 'advisories',
    summary: 'Bring in advisories, and say which there are: sync, status',
    load: () => import('./verbs/advisories.ts'),
  },
  {
    name: 'sign',
    summary: 'Sign an image or a file with a key, as cosign does',
    load: () => import('./verbs/sign.ts'),
  },
  {
    name: 'attest',
    summary: 'Sign a document about an image or a file: SBOM, provenance, report',
    load: () => import('./verbs/attest.ts'),
  },
  {
    name: 'verify',
    summary: 'Check signatures and attestations of an image or a file against trusted signers',
    load: () => import('./verbs/verify.ts'),
  },
  {
    name: 'build',
    summary: 'Build an image from a signed Git commit, push it with signature and provenance',
    load: () => import('./verbs/build.ts'),
  },
];

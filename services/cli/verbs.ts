import type { Verb } from './verb.ts';

export type VerbGroup = 'stack' | 'alone' | 'server' | 'shell';

/** Headings of `pratique --help`, in their order. */
export const verbGroups: Readonly<Record<VerbGroup, string>> = {
  stack: 'The local stack:',
  alone: 'On this machine or in CI, without a server:',
  server: 'With a server, by its HTTP API:',
  shell: 'The shell:',
};

interface VerbEntry {
  readonly name: string;
  /** Under which heading of `pratique --help`. */
  readonly group: VerbGroup;
  /** One line in `pratique --help`. */
  readonly summary: string;
  /** Loaded only when the verb runs: start-up stays under 150 ms. */
  readonly load: () => Promise<{ readonly verb: Verb }>;
}

/** Every verb, in the order of `pratique --help`. Adding one is adding a file under verbs/ and a line here. */
export const verbs: readonly VerbEntry[] = [
  {
    name: 'up',
    group: 'stack',
    summary: 'Start the local stack: Temporal, Kafka, Postgres, registry and services',
    load: () => import('./verbs/up.ts'),
  },
  {
    name: 'down',
    group: 'stack',
    summary: 'Stop the local stack; its data stays',
    load: () => import('./verbs/down.ts'),
  },
  {
    name: 'status',
    group: 'stack',
    summary: 'Show each part of the local stack: address, version, health, pid',
    load: () => import('./verbs/status.ts'),
  },
  {
    name: 'sbom',
    group: 'alone',
    summary: 'List what an image, a folder or an archive consists of, as CycloneDX, SPDX or a table',
    load: () => import('./verbs/sbom.ts'),
  },
  {
    name: 'diff',
    group: 'alone',
    summary: 'Compare two images, folders or SBOMs: components, versions, licences, advisories',
    load: () => import('./verbs/diff.ts'),
  },
  {
    name: 'scan',
    group: 'alone',
    summary: 'Find known vulnerabilities in an image, a folder, an archive or an SBOM',
    load: () => import('./verbs/scan.ts'),
  },
  {
    name: 'deps',
    group: 'alone',
    summary: 'Judge what a change of lockfiles brings: review',
    load: () => import('./verbs/deps.ts'),
  },
  {
    name: 'advisories',
    group: 'alone',
    summary: 'Bring in advisories, and say which there are: sync, status',
    load: () => import('./verbs/advisories.ts'),
  },
  {
    name: 'sign',
    group: 'alone',
    summary: 'Sign an image or a file with a key, as cosign does',
    load: () => import('./verbs/sign.ts'),
  },
  {
    name: 'attest',
    group: 'alone',
    summary: 'Sign a document about an image or a file: SBOM, provenance, report',
    load: () => import('./verbs/attest.ts'),
  },
  {
    name: 'verify',
    group: 'alone',
    summary: 'Check signatures and attestations of an image or a file against trusted signers',
    load: () => import('./verbs/verify.ts'),
  },
  {
    name: 'trust',
    group: 'alone',
    summary: 'Fetch the trusted root from a TUF repository, and keep it up to date',
    load: () => import('./verbs/trust.ts'),
  },
  {
    name: 'conformance',
    group: 'alone',
    summary: "Speak the client protocol of Sigstore's conformance suite",
    load: () => import('./verbs/conformance.ts'),
  },
  {
    name: 'build',
    group: 'alone',
    summary: 'Build an image from a signed Git commit, push it with signature and provenance',
    load: () => import('./verbs/build.ts'),
  },
  {
    name: 'policy',
    group: 'alone',
    summary: 'Check a policy; apply and show that of a server, report what it would deny',
    load: () => import('./verbs/policy.ts'),
  },
  {
    name: 'artifact',
    group: 'server',
    summary: 'List artifacts, show one, tell what happened to it',
    load: () => import('./verbs/artifact.ts'),
  },
  {
    name: 'affected',
    group: 'server',
    summary: 'Say which artifacts an advisory, a component, a signer or a builder touches',
    load: () => import('./verbs/affected.ts'),
  },
  {
    name: 'vex',
    group: 'server',
    summary: 'Decide about findings, bring VEX documents, list and revoke what was decided',
    load: () => import('./verbs/vex.ts'),
  },
  {
    name: 'promote',
    group: 'server',
    summary: 'Take an artifact into an environment, through its gates',
    load: () => import('./verbs/promote.ts'),
  },
  {
    name: 'promotion',
    group: 'server',
    summary: 'List promotions and what they wait for, show one',
    load: () => import('./verbs/promotion.ts'),
  },
  {
    name: 'approve',
    group: 'server',
    summary: 'Approve what waits: a promotion or a release',
    load: () => import('./verbs/approve.ts'),
  },
  {
    name: 'reject',
    group: 'server',
    summary: 'Reject what waits: a promotion or a release',
    load: () => import('./verbs/reject.ts'),
  },
  {
    name: 'line',
    group: 'server',
    summary: 'Let nothing enter an environment for now, and let it go on: stop, resume, list',
    load: () => import('./verbs/line.ts'),
  },
  {
    name: 'quarantine',
    group: 'server',
    summary: 'Stop everything a selector names, and take it out of every environment',
    load: () => import('./verbs/quarantine.ts'),
  },
  {
    name: 'release',
    group: 'server',
    summary: 'Ask for an artifact to be let out of quarantine',
    load: () => import('./verbs/release.ts'),
  },
  {
    name: 'rebuild',
    group: 'server',
    summary: 'Build an artifact again from trusted source, and show what differs',
    load: () => import('./verbs/rebuild.ts'),
  },
  {
    name: 'incident',
    group: 'server',
    summary: 'List incidents and releases, show one, close one',
    load: () => import('./verbs/incident.ts'),
  },
  {
    name: 'event',
    group: 'server',
    summary: 'List what came in, and bring back what nobody could read',
    load: () => import('./verbs/event.ts'),
  },
  {
    name: 'history',
    group: 'server',
    summary: 'List what closed workflows did, show one, hand out its history',
    load: () => import('./verbs/history.ts'),
  },
  {
    name: 'reconcile',
    group: 'server',
    summary: 'List the registry and start what was missed',
    load: () => import('./verbs/reconcile.ts'),
  },
  {
    name: 'import',
    group: 'server',
    summary: 'Take in what already runs: it is judged, and may stay until a date',
    load: () => import('./verbs/import.ts'),
  },
  {
    name: 'doctor',
    group: 'server',
    summary: 'Look for what is wrong: others who can write, clocks, versions, topics, keys, disk',
    load: () => import('./verbs/doctor.ts'),
  },
  {
    name: 'token',
    group: 'server',
    summary: 'Make, list and revoke API tokens',
    load: () => import('./verbs/token.ts'),
  },
  {
    name: 'principal',
    group: 'server',
    summary: "Say which subjects, commit keys, accounts and builders are one person's",
    load: () => import('./verbs/principal.ts'),
  },
  {
    name: 'key',
    group: 'server',
    summary: 'List keys and signers, revoke one, bring one in, hand out the public half',
    load: () => import('./verbs/key.ts'),
  },
  {
    name: 'completion',
    group: 'shell',
    summary: 'Print a completion script for bash, zsh or fish',
    load: () => import('./verbs/completion.ts'),
  },
];

/** What a certificate says of the job it was made for, whatever the provenance calls itself. */
import { describe, expect, it } from 'vitest';
import { parseDigest } from '../../../../../domain/artifact/digest.ts';
import type { VerificationProof } from '../../../../../domain/trust/evidence.ts';
import { createStatement, predicateTypes } from '../../../../../domain/trust/statement.ts';
import { judgeProvenance } from '../../../../../services/cli/judge-provenance.ts';

const GITHUB = 'https://token.actions.githubusercontent.com';
const own = 'https://github.com/octo/shop/.github/workflows/release.yml@refs/heads/main';
const shared = 'https://github.com/octo/workflows/.github/workflows/build.yml@refs/tags/v1';
const generator =
  'https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_generic_slsa3.yml@refs/tags/v2.1.0';
const project = 'https://gitlab.com/octo/shop//.gitlab-ci.yml@refs/heads/main';
const github = 'https://actions.github.io/buildtypes/workflow/v1';
const commit = 'c'.repeat(40);

interface Made {
  readonly subject: string;
  readonly issuer?: string;
  readonly builder?: string;
  readonly buildType: string;
  readonly repository?: string;
  /** Fulcio's extensions, by the last number of their OIDs. */
  readonly extensions: Readonly<Record<number, string>>;
}

function judge({ subject, issuer = GITHUB, builder = subject, buildType, repository, extensions }: Made) {
  const source = repository ?? 'https://github.com/octo/shop';
  const workflow = { ref: 'refs/heads/main', repository: source, path: '.github/workflows/release.yml' };
  const uri = `git+${source}@refs/heads/main`;
  const statement = createStatement(parseDigest(`sha256:${'a'.repeat(64)}`), predicateTypes.provenance, {
    buildDefinition: {
      buildType,
      externalParameters: { workflow, source: uri },
      internalParameters: { github: { runner_environment: 'github-hosted' } },
      // Tekton's: what the platform saw of the pipeline is of the same commit.
      resolvedDependencies: ['source', 'pipeline'].map((name) => ({ name, uri, digest: { gitCommit: commit } })),
    },
    runDetails: { builder: { id: builder } },
  });
  const proof: VerificationProof = {
    ...{ times: [], logs: [] },
    certificate: {
      ...{ notBefore: '', notAfter: '' },
      extensions: Object.fromEntries(
        Object.entries(extensions).map(([number, value]) => [`1.3.6.1.4.1.57264.1.${number}`, value]),
      ),
    },
  };
  const identity = { kind: 'certificate', subject, issuer } as const;
  const judged = judgeProvenance(
    statement,
    { identity, proof },
    { expected: { builders: [builder] }, level: undefined },
  );
  if (judged.outcome === 'rejected') throw new Error(judged.reason);
  return judged.provenance.slsa;
}

const hosted = { 11: 'github-hosted', 12: 'https://github.com/octo/shop' };

describe('a job that signs for the repository it is in reaches level 2, and says it is what it likes', () => {
  it.each<[string, Made]>([
    ["GitHub's own build type", { subject: own, buildType: github, extensions: hosted }],
    ['a build type that nobody reads', { subject: own, buildType: 'https://example.com/mine', extensions: hosted }],
    ["Tekton's", { subject: own, buildType: 'https://tekton.dev/chains/v2/slsa', extensions: hosted }],
    [
      "GitLab's platform's",
      {
        subject: own,
        buildType: 'https://docs.gitlab.com/ci/pipeline_security/slsa/provenance_v1',
        extensions: hosted,
      },
    ],
    [
      "another's builder, which was named too",
      { subject: own, builder: 'https://tekton.dev/chains/v2', buildType: 'https://x.example', extensions: hosted },
    ],
    [
      'names that are written otherwise',
      { subject: own, buildType: 'https://x.example', extensions: { 12: 'https://github.com/Octo/Shop.git' } },
    ],
    [
      'a certificate from before there was an address in it',
      { subject: own, buildType: 'https://x.example', extensions: { 5: 'octo/shop' } },
    ],
    [
      'a job of GitLab',
      {
        ...{ subject: project, issuer: 'https://gitlab.com', repository: 'https://gitlab.com/octo/shop' },
        ...{ buildType: 'https://x.example', extensions: { 12: 'https://gitlab.com/octo/shop' } },
      },
    ],
  ])('%s', (_name, made) => {
    const { level, whyNotHigher } = judge(made);
    expect(level).toBe(2);
    expect(whyNotHigher).toHaveLength(1);
  });
});

it.each<[string, Made]>([
  ['a shared workflow', { subject: shared, buildType: github, extensions: hosted }],
  ['a generator', { subject: generator, buildType: github, extensions: hosted }],
  [
    'a repository whose name the other one begins with',
    {
      subject: shared,
      buildType: github,
      extensions: { ...hosted, 12: 'https://github.com/octo/work' },
      repository: 'https://github.com/octo/work',
    },
  ],
])('%s of another repository is out of reach of who writes the source: level 3', (_name, made) => {
  expect(judge(made)).toMatchObject({ level: 3, whyNotHigher: [] });
});

it.each([github, 'https://example.com/mine'])(
  'the certificate of a self-hosted runner is level 1, as %s',
  (buildType) => {
    const { level, whyNotHigher } = judge({ subject: shared, buildType, extensions: { ...hosted, 11: 'self-hosted' } });
    expect(level).toBe(1);
    expect(whyNotHigher[0]?.reason).toContain('self-hosted');
  },
);

it('a name that begins like the runner of GitHub is not that', () => {
  const identity = { kind: 'certificate', subject: shared, issuer: GITHUB } as const;
  const builder = 'https://github.com/actions/runner/github-hosted-by-me';
  const statement = createStatement(parseDigest(`sha256:${'a'.repeat(64)}`), predicateTypes.provenance, {
    buildDefinition: { buildType: 'https://x.example', externalParameters: {}, resolvedDependencies: [] },
    runDetails: { builder: { id: builder } },
  });
  const judged = judgeProvenance(statement, { identity }, { expected: {}, level: undefined });
  expect(judged).toMatchObject({ provenance: { slsa: { level: 1 } } });
});

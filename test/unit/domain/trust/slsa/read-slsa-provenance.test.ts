import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDigest } from '../../../../../domain/artifact/digest.ts';
import { assessBuildLevel, supportedLevel } from '../../../../../domain/trust/slsa/assess-build-level.ts';
import { readSlsaProvenance } from '../../../../../domain/trust/slsa/read-slsa-provenance.ts';
import { provenanceReaders } from '../../../../../domain/trust/slsa/readers/readers.ts';
import { createStatement } from '../../../../../domain/trust/statement.ts';
import {
  buildkitV1,
  buildkitV02,
  commit,
  containerBased,
  generatorV02,
  githubAttestation,
  gitlabPlatform,
  gitlabRunner,
  npmOnGitLab,
  remoteContext,
  tektonOfOtherRepository,
  tektonOfSameCommit,
  tektonOfSameIdElsewhere,
  tektonV02,
} from './predicates.ts';

const subject = parseDigest(`sha256:${'a'.repeat(64)}`);
const read = ({ version, predicate }: { version: 'v1' | 'v0.2'; predicate: unknown }) =>
  readSlsaProvenance(createStatement(subject, `https://slsa.dev/provenance/${version}`, predicate));

const own = 'https://github.com/octo/shop/.github/workflows/release.yml@refs/heads/main';
const shared = 'https://github.com/octo/workflows/.github/workflows/build.yml@refs/tags/v1';
const shop = { repository: 'https://github.com/octo/shop', commit };
const release = '.github/workflows/release.yml';

describe('what each producer writes', () => {
  it.each([
    [
      'GitHub, its own workflow',
      githubAttestation(own),
      'GitHub Actions',
      { ...shop, ref: 'refs/heads/main' },
      release,
      2,
    ],
    // docs.github.com: a reusable workflow of another repository is what makes level 3.
    [
      'GitHub, a shared workflow',
      githubAttestation(shared),
      'GitHub Actions',
      { ...shop, ref: 'refs/heads/main' },
      release,
      3,
    ],
    [
      'GitHub, self-hosted',
      githubAttestation(shared, 'self-hosted'),
      'GitHub Actions',
      { ...shop, ref: 'refs/heads/main' },
      release,
      1,
    ],
    [
      'the generator, a release',
      generatorV02('refs/tags/v2.1.0'),
      'slsa-github-generator',
      { ...shop, ref: 'refs/tags/v1.0.0' },
      release,
      3,
    ],
    [
      'the generator, a branch',
      generatorV02('refs/heads/main'),
      'slsa-github-generator',
      { ...shop, ref: 'refs/tags/v1.0.0' },
      release,
      2,
    ],
    [
      'the generator, container-based',
      containerBased,
      'slsa-github-generator',
      { ...shop, ref: 'refs/heads/main' },
      'build.toml',
      3,
    ],
    ['npm on GitLab', npmOnGitLab, 'npm', { repository: 'https://gitlab.com/octo/shop', commit }, 'publish', 2],
    [
      "GitLab's runner",
      gitlabRunner,
      'GitLab CI/CD',
      { repository: 'https://gitlab.com/octo/shop', commit },
      'build-job',
      2,
    ],
    [
      'GitLab itself',
      gitlabPlatform,
      'GitLab CI/CD',
      { repository: 'https://gitlab.com/octo/shop', commit, ref: 'refs/heads/main' },
      'build-job',
      3,
    ],
    [
      'BuildKit, from Git',
      buildkitV02(remoteContext, true),
      'BuildKit',
      { ...shop, ref: 'refs/tags/v1.0.0' },
      'Dockerfile',
      2,
    ],
    ['BuildKit, v1', buildkitV1, 'BuildKit', { ...shop, ref: 'refs/tags/v1.0.0' }, 'Dockerfile', 2],
    ['BuildKit, a folder', buildkitV02({ entryPoint: 'Dockerfile' }, false), 'BuildKit', undefined, 'Dockerfile', 1],
    [
      'BuildKit, nobody',
      buildkitV02(remoteContext, true, ''),
      'BuildKit',
      { ...shop, ref: 'refs/tags/v1.0.0' },
      'Dockerfile',
      0,
    ],
    // The pipeline's repository is not the source's.
    ['Tekton v0.2', tektonV02, 'Tekton Chains', shop, 'pipelines/build.yaml', 2],
    ['Tekton, pipeline from elsewhere', tektonOfOtherRepository, 'Tekton Chains', shop, '.tekton/push.yaml', 2],
    ['Tekton, the same commit elsewhere', tektonOfSameIdElsewhere, 'Tekton Chains', shop, '.tekton/push.yaml', 2],
    ['Tekton, pipeline of the same commit', tektonOfSameCommit, 'Tekton Chains', shop, '.tekton/push.yaml', 3],
  ] as const)('%s', (_name, sample, producer, source, entryPoint, level) => {
    const provenance = read(sample);
    expect(provenance).toMatchObject({ version: sample.version, producer, entryPoint });
    expect(provenance?.source).toEqual(source);
    expect(provenance === undefined ? undefined : supportedLevel(provenance)).toBe(level);
  });

  it('hermetic, reproducible and complete are what BuildKit says of them', () => {
    expect(read(buildkitV02(remoteContext, true))).toMatchObject({
      hermetic: true,
      reproducible: true,
      complete: { parameters: true, dependencies: true },
    });
    expect(read(buildkitV1)).toMatchObject({ hermetic: false, reproducible: false });
    expect(read(githubAttestation(own))?.hermetic).toBeUndefined();
  });

  it('a build type nobody reads in particular has no producer, and nothing but its fields', () => {
    const unknown = read({
      version: 'v1',
      predicate: {
        buildDefinition: {
          buildType: 'https://ci.example/v1',
          externalParameters: { source: { repository: 'https://github.com/octo/shop' } },
          resolvedDependencies: [{ uri: 'git+https://github.com/octo/shop', digest: { gitCommit: commit } }],
        },
        runDetails: { builder: { id: 'https://ci.example' } },
      },
    });
    expect(unknown).toMatchObject({ producer: undefined, source: shop, limits: [] });
  });

  it('somebody else with the build type of the generator is not the generator', () => {
    const sample = generatorV02('refs/tags/v2.1.0');
    const provenance = read({ ...sample, predicate: { ...sample.predicate, builder: { id: 'https://evil.example' } } });
    expect(provenance === undefined ? undefined : supportedLevel(provenance)).toBe(1);
  });
});

describe('the level that holds', () => {
  const limits = [{ level: 2 as const, reason: 'a' }];
  it.each([
    [3 as const, 2, ['a']],
    [2 as const, 2, ['a', 'granted']],
    [1 as const, 1, ['granted', 'a']],
    [0 as const, 0, ['granted', 'a']],
  ])('granted %i', (level, reached, reasons) => {
    const assessed = assessBuildLevel({ limits, hermetic: true }, { level, reason: 'granted' });
    expect(assessed.level).toBe(reached);
    expect(assessed.whyNotHigher.map(({ reason }) => reason)).toEqual(reasons);
    expect(assessed.older).toContain(`level ${reached}`);
    expect(assessed).toMatchObject({ hermetic: true, reproducible: false });
  });
});

it('hostile predicates neither throw nor hang, whatever reader they are for', () => {
  const builderAndType = fc.constantFrom(
    'https://actions.github.io/buildtypes/workflow/v1',
    'https://github.com/npm/cli/gha/v2',
    'https://mobyproject.org/buildkit@v1',
    'https://tekton.dev/chains/v2/slsa',
    'https://gitlab.com/gitlab-org/gitlab-runner/-/blob/x/PROVENANCE.md',
    'https://github.com/slsa-framework/slsa-github-generator/go@v1',
    'https://pratique.dev/build/command/v1',
  );
  fc.assert(
    fc.property(builderAndType, fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (buildType, one, two, three) => {
      for (const sample of [
        {
          version: 'v1' as const,
          predicate: {
            buildDefinition: {
              buildType,
              externalParameters: one,
              internalParameters: two,
              resolvedDependencies: three,
            },
            runDetails: { builder: { id: buildType }, metadata: two },
          },
        },
        {
          version: 'v0.2' as const,
          predicate: {
            buildType,
            builder: { id: 'x' },
            invocation: { parameters: one, configSource: two },
            metadata: three,
          },
        },
      ])
        expect(() => read(sample)).not.toThrow();
    }),
  );
});

it('every reader has a case above', () => {
  expect(provenanceReaders).toHaveLength(7);
});

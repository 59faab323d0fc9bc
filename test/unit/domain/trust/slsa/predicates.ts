/** Provenance as its producers write it, after their documentation and source; commits and digests are made up. */
export const commit = 'c27d339ee6075c1f744c5d4b200f7901aad2c369';
const other = '0123456789abcdef0123456789abcdef01234567';
const generator = 'https://github.com/slsa-framework/slsa-github-generator';
const repository = 'https://github.com/octo/shop';

interface Sample {
  readonly version: 'v1' | 'v0.2';
  readonly predicate: object;
}

/** docs.github.com, artifact attestations; actions/toolkit packages/attest/src/provenance.ts */
export function githubAttestation(builder: string, runner = 'github-hosted'): Sample {
  return {
    version: 'v1',
    predicate: {
      buildDefinition: {
        buildType: 'https://actions.github.io/buildtypes/workflow/v1',
        externalParameters: {
          workflow: { ref: 'refs/heads/main', repository, path: '.github/workflows/release.yml' },
        },
        internalParameters: { github: { event_name: 'push', repository_id: '1', runner_environment: runner } },
        resolvedDependencies: [{ uri: `git+${repository}@refs/heads/main`, digest: { gitCommit: commit } }],
      },
      runDetails: {
        builder: { id: builder },
        metadata: { invocationId: `${repository}/actions/runs/1/attempts/1` },
      },
    },
  };
}

/** slsa-github-generator, PROVENANCE_FORMAT.md */
export function generatorV02(tag: string): Sample {
  return {
    version: 'v0.2',
    predicate: {
      builder: { id: `${generator}/.github/workflows/generator_container_slsa3.yml@${tag}` },
      buildType: `${generator}/container@v1`,
      invocation: {
        configSource: {
          uri: `git+${repository}@refs/tags/v1.0.0`,
          digest: { sha1: commit },
          entryPoint: '.github/workflows/release.yml',
        },
        parameters: {},
        environment: { github_actor: 'octo' },
      },
      metadata: { buildInvocationID: '1-1', completeness: { parameters: true, environment: false, materials: false } },
      materials: [{ uri: `git+${repository}@refs/tags/v1.0.0`, digest: { sha1: commit } }],
    },
  };
}

/** slsa-github-generator, internal/builders/docker: the container-based build type. */
export const containerBased: Sample = {
  version: 'v1',
  predicate: {
    buildDefinition: {
      buildType: 'https://slsa.dev/container-based-build/v0.1?draft',
      externalParameters: {
        source: { uri: `git+${repository}@refs/heads/main`, digest: { sha1: commit } },
        builderImage: { uri: 'bash@sha256:1', digest: { sha256: '1'.repeat(64) } },
        configPath: 'build.toml',
      },
      resolvedDependencies: [
        { uri: `git+${repository}@refs/heads/main`, digest: { sha1: commit } },
        { uri: 'bash@sha256:1', digest: { sha256: '1'.repeat(64) } },
      ],
    },
    runDetails: {
      builder: { id: `${generator}/.github/workflows/builder_container-based_slsa3.yml@refs/tags/v2.0.0` },
    },
  },
};

/** npm/cli, workspaces/libnpmpublish/lib/provenance.js, before v1 and on GitLab. */
export const npmOnGitLab: Sample = {
  version: 'v0.2',
  predicate: {
    buildType: 'https://github.com/npm/cli/gitlab/v0alpha1',
    builder: { id: 'https://gitlab.com/octo/shop/-/runners/12270831' },
    invocation: {
      configSource: {
        uri: 'git+https://gitlab.com/octo/shop',
        digest: { sha1: commit },
        entryPoint: 'publish',
      },
      parameters: { CI: 'true' },
    },
    metadata: { buildInvocationId: 'https://gitlab.com/octo/shop/-/jobs/1' },
    materials: [{ uri: 'git+https://gitlab.com/octo/shop', digest: { sha1: commit } }],
  },
};

/** docs.gitlab.com, "Artifact provenance metadata": the commit is written as sha256. */
export const gitlabRunner: Sample = {
  version: 'v0.2',
  predicate: {
    buildType: 'https://gitlab.com/gitlab-org/gitlab-runner/-/blob/v16.5.0/PROVENANCE.md',
    builder: { id: 'https://gitlab.com/octo/shop/-/runners/12270831' },
    invocation: {
      configSource: { uri: 'https://gitlab.com/octo/shop', digest: { sha256: commit }, entryPoint: 'build-job' },
      environment: { name: 'blue-2.shared.runners-manager.gitlab.com/default', executor: 'docker+machine' },
      parameters: { CI: '' },
    },
    metadata: { buildInvocationId: '4089072540', completeness: { parameters: true }, reproducible: false },
    materials: [],
  },
};

/** docs.gitlab.com, ci/pipeline_security/slsa/provenance_v1 */
export const gitlabPlatform: Sample = {
  version: 'v1',
  predicate: {
    buildDefinition: {
      buildType: 'https://docs.gitlab.com/ci/pipeline_security/slsa/provenance_v1',
      externalParameters: {
        source: 'https://gitlab.com/octo/shop',
        entryPoint: 'build-job',
        variables: { CI_COMMIT_BRANCH: 'main', SECRET: '[MASKED]' },
      },
      internalParameters: { name: 'green-6.saas-linux', executor: 'docker+machine' },
      resolvedDependencies: [{ uri: 'https://gitlab.com/octo/shop', digest: { gitCommit: commit } }],
    },
    runDetails: { builder: { id: 'https://gitlab.com/octo/shop/-/runners/12270831' } },
  },
};

/** moby/buildkit, docs/attestations/slsa-definitions.md */
export function buildkitV02(
  configSource: object,
  materialsComplete: boolean,
  builder = 'https://ci.example/runs/7',
): Sample {
  return {
    version: 'v0.2',
    predicate: {
      builder: { id: builder },
      buildType: 'https://mobyproject.org/buildkit@v1',
      invocation: { configSource, parameters: { frontend: 'dockerfile.v0' }, environment: { platform: 'linux/amd64' } },
      materials: [
        { uri: 'pkg:docker/alpine@3.17?platform=linux%2Famd64', digest: { sha256: '8'.repeat(64) } },
        { uri: `${repository}.git#refs/tags/v1.0.0`, digest: { sha1: commit } },
      ],
      metadata: {
        buildInvocationID: 'rpv7a389uzil5lqmrgwhijwjz',
        completeness: { parameters: true, environment: true, materials: materialsComplete },
        reproducible: true,
        'https://mobyproject.org/buildkit@v1#hermetic': true,
        // Hints nobody checks.
        'https://mobyproject.org/buildkit@v1#metadata': { vcs: { source: 'https://evil.example', revision: other } },
      },
    },
  };
}
export const remoteContext = {
  uri: `${repository}.git#refs/tags/v1.0.0`,
  digest: { sha1: commit },
  entryPoint: 'Dockerfile',
};

export const buildkitV1: Sample = {
  version: 'v1',
  predicate: {
    buildDefinition: {
      buildType: 'https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md',
      externalParameters: {
        configSource: { uri: `${repository}.git#refs/tags/v1.0.0:app`, digest: { sha1: commit }, path: 'Dockerfile' },
        request: { frontend: 'gateway.v0' },
      },
      resolvedDependencies: [{ uri: `${repository}.git#refs/tags/v1.0.0:app`, digest: { sha1: commit } }],
    },
    runDetails: {
      builder: { id: 'https://ci.example/runs/7' },
      metadata: {
        invocationID: 'rpv7',
        buildkit_hermetic: false,
        buildkit_completeness: { request: true, resolvedDependencies: true },
      },
    },
  },
};

/** tekton.dev/docs/chains/slsa-provenance: a pipeline from one repository builds another, which a result names. */
export const tektonV02: Sample = {
  version: 'v0.2',
  predicate: {
    builder: { id: 'https://tekton.dev/chains/v2' },
    buildType: 'tekton.dev/v1/PipelineRun',
    invocation: {
      configSource: {
        uri: 'git+https://github.com/octo/pipelines.git',
        digest: { sha1: other },
        entryPoint: 'pipelines/build.yaml',
      },
      parameters: {},
    },
    metadata: { buildStartedOn: '2026-01-02T03:04:05Z', reproducible: false },
    materials: [
      { uri: 'oci://gcr.io/kaniko-project/executor', digest: { sha256: '2'.repeat(64) } },
      { uri: 'git+https://github.com/octo/pipelines.git', digest: { sha1: other } },
      { uri: `git+${repository}.git`, digest: { sha1: commit } },
    ],
  },
};

/** tektoncd/chains, slsa/v2alpha4. `pipelineCommit` is that of the definition. */
function tektonV1(pipeline: string, pipelineCommit: string): Sample {
  return {
    version: 'v1',
    predicate: {
      buildDefinition: {
        buildType: 'https://tekton.dev/chains/v2/slsa',
        externalParameters: {
          runSpec: {
            pipelineRef: { resolver: 'git', params: [{ name: 'pathInRepo', value: '.tekton/push.yaml' }] },
            params: [{ name: 'revision', value: 'main' }],
          },
        },
        internalParameters: { tektonPipelinesFeatureFlags: {} },
        resolvedDependencies: [
          { uri: `git+${pipeline}`, digest: { sha1: pipelineCommit }, name: 'pipeline' },
          { uri: 'oci://gcr.io/kaniko-project/executor', digest: { sha256: '2'.repeat(64) } },
          { uri: `git+${repository}.git`, digest: { sha1: commit }, name: 'inputs/result' },
        ],
      },
      runDetails: { builder: { id: 'https://tekton.dev/chains/v2' }, metadata: { invocationId: 'uid' } },
    },
  };
}
export const tektonOfOtherRepository = tektonV1('https://github.com/octo/pipelines.git', other);
/** Its author gave a commit of his own the id of the one the task reports. */
export const tektonOfSameIdElsewhere = tektonV1('https://github.com/mallory/pipelines.git', commit);
export const tektonOfSameCommit = tektonV1(`${repository}.git`, commit);

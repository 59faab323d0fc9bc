import { z } from 'zod';
import { findSource } from '../material.ts';
import type { LevelLimit, ProvenanceReader } from '../provenance.ts';

/** Of the runner's artifact metadata, which names its version; and of the platform's own statements. */
const RUNNER = /^https:\/\/gitlab\.com\/gitlab-org\/gitlab-runner\/-\/blob\/[^/]+\/PROVENANCE\.md$/;
const PLATFORM = /^https:\/\/docs\.gitlab\.com\/.*\/provenance_v1(?:\/|\.html)?$/;

const v1Parameters = z.object({
  source: z.string().max(4096),
  entryPoint: z.string().max(1024).optional(),
  variables: z.record(z.string(), z.unknown()).optional(),
});

function refOf(variables: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const { CI_COMMIT_TAG: tag, CI_COMMIT_BRANCH: branch } = variables ?? {};
  if (typeof tag === 'string' && tag !== '') return `refs/tags/${tag}`;
  return typeof branch === 'string' && branch !== '' ? `refs/heads/${branch}` : undefined;
}

/** docs.gitlab.com: ci/runners/configure_runners (artifact provenance metadata), ci/pipeline_security/slsa/provenance_v1. */
export const gitlabCi: ProvenanceReader = {
  producer: 'GitLab CI/CD',
  matches: ({ buildType }) => RUNNER.test(buildType) || PLATFORM.test(buildType),
  read({ buildType, parameters, configSource, inputs }) {
    const given = v1Parameters.safeParse(parameters).data;
    const limits: LevelLimit[] = RUNNER.test(buildType)
      ? [{ level: 2, reason: 'the runner made it beside the job that builds, and the job can sign for it' }]
      : [];
    return {
      source: findSource(
        configSource === undefined ? inputs : [configSource, ...inputs],
        configSource?.uri ?? given?.source,
        refOf(given?.variables),
      ),
      entryPoint: configSource?.entryPoint ?? given?.entryPoint,
      limits,
    };
  },
};

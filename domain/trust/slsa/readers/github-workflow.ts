import { z } from 'zod';
import { findSource, repositoryOf } from '../material.ts';
import type { LevelLimit, ProvenanceReader } from '../provenance.ts';

/** Of GitHub's artifact attestations, and the same under its first name, as npm and slsa-github-generator write it. */
const buildTypes = new Set([
  'https://actions.github.io/buildtypes/workflow/v1',
  'https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1',
]);

const parameters = z.object({
  workflow: z.object({
    ref: z.string().max(1024).optional(),
    repository: z.string().max(4096),
    path: z.string().max(1024).optional(),
  }),
});
const environment = z.object({ github: z.object({ runner_environment: z.string().max(100).optional() }) });

/**
 * What a workflow says of itself is level 2; a reusable workflow of another repository is out of reach of who writes the source,
 * which is what GitHub calls level 3 (docs.github.com, "Using artifact attestations and reusable workflows to achieve SLSA v1
 * Build Level 3").
 */
function limitsOf(builderId: string, source: string | undefined, runner: string | undefined): LevelLimit[] {
  const limits: LevelLimit[] = [];
  if (runner === 'self-hosted' || builderId.endsWith('/self-hosted'))
    limits.push({ level: 1, reason: 'built on a self-hosted runner, which its owner can change' });
  const builder = /^(https:\/\/[^/]+\/[^/]+\/[^/]+)\/\.github\/workflows\//.exec(builderId)?.[1];
  if (builder === undefined)
    limits.push({
      level: 2,
      reason: 'the job that builds makes its own provenance, and no reusable workflow is named',
    });
  else if (source === undefined || builder.toLowerCase() === source.toLowerCase())
    limits.push({
      level: 2,
      reason: 'the workflow that builds is in the repository it builds: who writes there writes both',
    });
  return limits;
}

/** https://actions.github.io/buildtypes/workflow/v1 */
export const githubWorkflow: ProvenanceReader = {
  producer: 'GitHub Actions',
  matches: ({ buildType }) => buildTypes.has(buildType),
  read({ builderId, parameters: given, environment: around, inputs }) {
    const workflow = parameters.safeParse(given).data?.workflow;
    const runner = environment.safeParse(around).data?.github.runner_environment;
    const repository = workflow === undefined ? undefined : repositoryOf(workflow.repository);
    return {
      source: findSource(inputs, workflow?.repository, workflow?.ref),
      entryPoint: workflow?.path,
      limits: limitsOf(builderId, repository, runner),
    };
  },
};

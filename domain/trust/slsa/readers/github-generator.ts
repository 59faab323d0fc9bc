import { z } from 'zod';
import { findSource } from '../material.ts';
import type { LevelLimit, ProvenanceReader } from '../provenance.ts';

const REPOSITORY = 'https://github.com/slsa-framework/slsa-github-generator/';

/** The workflow of a release, as slsa-verifier demands it: a branch is whatever was last pushed to it. */
const RELEASE = /@refs\/tags\/v\d+\.\d+\.\d+$/;

/** v1 of the delegators names the calling workflow; the container-based build type the source and its configuration. */
const parameters = z.object({
  workflow: z
    .object({
      ref: z.string().max(1024).optional(),
      repository: z.string().max(4096),
      path: z.string().max(1024).optional(),
    })
    .optional(),
  source: z.object({ uri: z.string().max(4096) }).optional(),
  configPath: z.string().max(1024).optional(),
});

/** https://github.com/slsa-framework/slsa-github-generator (PROVENANCE_FORMAT.md; internal/builders/docker, buildtypes/delegator). */
export const githubGenerator: ProvenanceReader = {
  producer: 'slsa-github-generator',
  matches: ({ buildType, builderId }) =>
    builderId.startsWith(`${REPOSITORY}.github/workflows/`) || buildType.startsWith(REPOSITORY),
  read({ builderId, parameters: given, configSource, inputs }) {
    const { workflow, source, configPath } = parameters.safeParse(given).data ?? {};
    const named = configSource?.uri ?? workflow?.repository ?? source?.uri;
    const limits: LevelLimit[] = [];
    if (!builderId.startsWith(`${REPOSITORY}.github/workflows/`))
      limits.push({ level: 1, reason: 'its build type is that of slsa-github-generator, and its builder is not' });
    else if (!RELEASE.test(builderId))
      limits.push({ level: 2, reason: 'the generator is not one of its releases (refs/tags/vX.Y.Z)' });
    return {
      source: findSource(
        configSource === undefined ? inputs : [configSource, ...inputs],
        named ?? undefined,
        workflow?.ref,
      ),
      entryPoint: configSource?.entryPoint ?? workflow?.path ?? configPath,
      limits,
    };
  },
};

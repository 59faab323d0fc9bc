import { z } from 'zod';
import { findSource } from '../material.ts';
import type { ProvenancePredicate } from '../predicate.ts';
import type { LevelLimit, ProvenanceReader, ProvenanceReading } from '../provenance.ts';

const V02 = 'https://mobyproject.org/buildkit@v1';
const V1 = 'https://github.com/moby/buildkit/blob/';

const v1Parameters = z.object({
  configSource: z.object({
    uri: z.string().max(4096).optional(),
    digest: z.record(z.string(), z.string()).optional(),
    path: z.string().max(1024).optional(),
  }),
});

const flag = z.boolean().optional();
const v02Metadata = z.object({
  [`${V02}#hermetic`]: flag,
  reproducible: flag,
  completeness: z.object({ parameters: flag, materials: flag }).optional(),
});
const v1Metadata = z.object({
  buildkit_hermetic: flag,
  buildkit_reproducible: flag,
  buildkit_completeness: z.object({ request: flag, resolvedDependencies: flag }).optional(),
});

function flagsOf({
  version,
  metadata,
}: ProvenancePredicate): Pick<ProvenanceReading, 'hermetic' | 'reproducible' | 'complete'> {
  if (version === 'v0.2') {
    const given = v02Metadata.safeParse(metadata).data;
    const hermetic = given?.[`${V02}#hermetic`];
    const complete = given?.completeness as { parameters?: boolean; materials?: boolean } | undefined;
    return {
      hermetic: hermetic === true,
      reproducible: given?.reproducible === true,
      complete: { parameters: complete?.parameters === true, dependencies: complete?.materials === true },
    };
  }
  const given = v1Metadata.safeParse(metadata).data;
  return {
    hermetic: given?.buildkit_hermetic === true,
    reproducible: given?.buildkit_reproducible === true,
    complete: {
      parameters: given?.buildkit_completeness?.request === true,
      dependencies: given?.buildkit_completeness?.resolvedDependencies === true,
    },
  };
}

/** Docker buildx and BuildKit (moby/buildkit, docs/attestations/slsa-definitions.md). Its `vcs` hints are never read: nobody checks them. */
export const buildkit: ProvenanceReader = {
  producer: 'BuildKit',
  matches: ({ buildType }) => buildType === V02 || buildType.startsWith(V1),
  read(predicate) {
    const named = v1Parameters.safeParse(predicate.parameters).data?.configSource;
    const config = predicate.configSource ?? named;
    const flags = flagsOf(predicate);
    const limits: LevelLimit[] = [{ level: 2, reason: 'BuildKit signs nothing: who signed it had it in hands first' }];
    if (typeof config?.uri !== 'string')
      limits.push({ level: 1, reason: 'built from a local folder: nothing says which source that was' });
    if (flags.complete?.dependencies !== true)
      limits.push({ level: 1, reason: 'BuildKit says that its list of dependencies is not complete' });
    return {
      source: typeof config?.uri === 'string' ? findSource([config, ...predicate.inputs], config.uri) : undefined,
      entryPoint: predicate.configSource?.entryPoint ?? named?.path,
      ...flags,
      limits,
    };
  },
};

import { z } from 'zod';
import { commitOf, findSource, type Material, repositoryOf } from '../material.ts';
import type { ProvenancePredicate } from '../predicate.ts';
import type { LevelLimit, ProvenanceReader } from '../provenance.ts';

const V02 =
  /^(?:tekton\.dev\/v1(?:beta1)?\/(?:TaskRun|PipelineRun)|https:\/\/tekton\.dev\/attestations\/chains(?:\/pipelinerun)?@v2)$/;
const V1 = /^https:\/\/tekton\.dev\/chains\/v2\/slsa(?:-tekton)?$/;

/** Names of v1 dependencies that are the build's definition, not its source (tektoncd/chains, slsa/internal/resolved_dependencies). */
const DEFINITIONS = new Set(['pipeline', 'task', 'pipelineTask']);

const reference = z.object({
  name: z.string().max(1024).optional(),
  params: z
    .array(z.object({ name: z.string(), value: z.unknown() }))
    .max(100)
    .optional(),
});
const runParameters = z.object({
  runSpec: z.object({ pipelineRef: reference.optional(), taskRef: reference.optional() }),
});

/** The path of a definition from Git, else the name of one in the cluster or a bundle. */
function entryPointOf({ configSource, parameters }: ProvenancePredicate): string | undefined {
  const { pipelineRef, taskRef } = runParameters.safeParse(parameters).data?.runSpec ?? {};
  const run = pipelineRef ?? taskRef;
  const path = run?.params?.find(({ name }) => name === 'pathInRepo')?.value;
  return configSource?.entryPoint ?? (typeof path === 'string' ? path : run?.name);
}

const isDefinition = ({ name }: Material) => typeof name === 'string' && DEFINITIONS.has(name);

/** Of v0.2 the definition is among the materials under no name: it is the one `configSource` names, unless nothing else is there. */
function sourcesOf({ inputs, configSource }: ProvenancePredicate): readonly Material[] {
  const others = inputs.filter(
    (input) =>
      !isDefinition(input) &&
      (configSource?.uri == null ||
        typeof input.uri !== 'string' ||
        repositoryOf(input.uri) !== repositoryOf(configSource.uri)),
  );
  return findSource(others, undefined) === undefined ? inputs.filter((input) => !isDefinition(input)) : others;
}

/** Tekton Chains (tekton.dev/docs/chains/slsa-provenance): v0.2 of slsa/v1 and in-toto, v1 of slsa/v2alpha3 and later. */
export const tektonChains: ProvenanceReader = {
  producer: 'Tekton Chains',
  matches: ({ buildType }) => V02.test(buildType) || V1.test(buildType),
  read(predicate) {
    const source = findSource(sourcesOf(predicate), undefined);
    const seenByPlatform = [
      ...predicate.inputs.filter(isDefinition),
      ...(predicate.configSource === undefined ? [] : [predicate.configSource]),
    ];
    const limits: LevelLimit[] = [];
    const isSeen = ({ uri, ...input }: Material) =>
      commitOf(input) === source?.commit && typeof uri === 'string' && repositoryOf(uri) === source?.repository;
    if (source === undefined || !seenByPlatform.some(isSeen))
      limits.push({
        level: 2,
        reason: 'its source is what a task of the build reported (type hints), not what the platform saw',
      });
    return {
      source,
      entryPoint: entryPointOf(predicate),
      ...(predicate.metadata.reproducible === true ? { reproducible: true } : {}),
      limits,
    };
  },
};

/** What gates and selectors ask of a provenance, read from SLSA v1 and v0.2 as their producers write them. */
import { z } from 'zod';
import type { ProvenanceFacts } from './evidence.ts';
import { commandBuildType } from './provenance-statement.ts';
import { predicateTypes, type Statement } from './statement.ts';

const text = z.string().max(4096);
const digestSet = z.record(z.string().max(64), z.string().max(256));
const material = z.object({ uri: text.optional(), digest: digestSet.optional() });
const materials = z.array(material).max(100_000).nullish();
type Material = z.infer<typeof material>;

/** https://slsa.dev/spec/v1.0/provenance */
const v1Schema = z.object({
  buildDefinition: z.object({
    buildType: text,
    externalParameters: z.unknown(),
    internalParameters: z.unknown().optional(),
    resolvedDependencies: materials,
  }),
  runDetails: z.object({
    builder: z.object({ id: text }),
    metadata: z.object({ invocationId: text.nullish() }).nullish(),
    byproducts: z
      .array(z.object({ name: text.nullish(), annotations: z.record(z.string(), z.unknown()).nullish() }))
      .max(100_000)
      .nullish(),
  }),
});

/** https://slsa.dev/spec/v0.2/provenance */
const v02Schema = z.object({
  builder: z.object({ id: text }),
  buildType: text,
  invocation: z.object({ configSource: material.nullish() }).nullish(),
  metadata: z.object({ buildInvocationId: text.nullish(), buildInvocationID: text.nullish() }).nullish(),
  materials,
});

/** Where the build's own parameters name the source: GitHub's workflow build type, and ours. */
const namedSourceSchema = z.union([
  z.object({ workflow: z.object({ repository: text }) }).transform(({ workflow }) => workflow.repository),
  z.object({ source: z.object({ repository: text }) }).transform(({ source }) => source.repository),
]);

/** Whose signature on the commit the command builder verified: the principal of its allowed signers. */
const committerSchema = z.object({ signedBy: text });
const levelSchema = z.object({ slsaBuildLevel: z.number().int().min(0).max(3) });

/** Undefined where the statement is no provenance, or not one that its specification allows. */
export function readProvenance(statement: Statement): ProvenanceFacts | undefined {
  switch (statement.predicateType) {
    case predicateTypes.provenance:
      return readV1(statement.predicate);
    case 'https://slsa.dev/provenance/v0.2':
      return readV02(statement.predicate);
    default:
      return undefined;
  }
}

function readV1(predicate: unknown): ProvenanceFacts | undefined {
  const parsed = v1Schema.safeParse(predicate);
  if (!parsed.success) return undefined;
  const { buildDefinition, runDetails } = parsed.data;
  const named = namedSourceSchema.safeParse(buildDefinition.externalParameters);
  const host = runDetails.byproducts?.find((byproduct) => byproduct.name === 'builder-host')?.annotations?.host;
  const committer = committerSchema.safeParse(buildDefinition.internalParameters);
  const level = levelSchema.safeParse(buildDefinition.internalParameters);
  const isOurs = buildDefinition.buildType === commandBuildType;
  return facts(runDetails.builder.id, buildDefinition.buildType, {
    committers: isOurs && committer.success ? [committer.data.signedBy] : undefined,
    slsaBuildLevel: isOurs && level.success ? level.data.slsaBuildLevel : undefined,
    source: findSource(buildDefinition.resolvedDependencies ?? [], named.success ? named.data : undefined),
    invocationId: runDetails.metadata?.invocationId ?? undefined,
    builderHost: typeof host === 'string' ? host : undefined,
  });
}

function readV02(predicate: unknown): ProvenanceFacts | undefined {
  const parsed = v02Schema.safeParse(predicate);
  if (!parsed.success) return undefined;
  const { builder, buildType, invocation, metadata, materials: inputs } = parsed.data;
  const configSource = invocation?.configSource ?? undefined;
  return facts(builder.id, buildType, {
    source:
      findSource(configSource === undefined ? [] : [configSource], undefined) ?? findSource(inputs ?? [], undefined),
    invocationId: metadata?.buildInvocationId ?? metadata?.buildInvocationID ?? undefined,
    builderHost: undefined,
    committers: undefined,
    slsaBuildLevel: undefined,
  });
}

interface Source {
  readonly repository: string;
  readonly commit: string | undefined;
}

function facts(
  builderId: string,
  buildType: string,
  found: {
    source: Source | undefined;
    invocationId: string | undefined;
    builderHost: string | undefined;
    committers: readonly string[] | undefined;
    slsaBuildLevel: number | undefined;
  },
): ProvenanceFacts {
  return {
    builderId,
    buildType,
    ...(found.source === undefined ? {} : { sourceRepository: found.source.repository }),
    ...(found.source?.commit === undefined ? {} : { commit: found.source.commit }),
    ...(found.builderHost === undefined ? {} : { builderHost: found.builderHost }),
    ...(found.invocationId === undefined ? {} : { invocationId: found.invocationId }),
    ...(found.committers === undefined ? {} : { committers: found.committers }),
    ...(found.slsaBuildLevel === undefined ? {} : { slsaBuildLevel: found.slsaBuildLevel }),
  };
}

/**
 * The repository that was built. Where parameters name it, only a material of that repository gives the commit; else the one
 * repository among the materials does. Two different candidates are no answer: a wrong commit is worse than none.
 */
function findSource(inputs: readonly Material[], named: string | undefined): Source | undefined {
  const repositories = inputs.flatMap(toSource);
  const wanted = named === undefined ? undefined : repositoryOf(named);
  const candidates = wanted === undefined ? repositories : repositories.filter((found) => found.repository === wanted);
  const distinct = [...new Map(candidates.map((found) => [`${found.repository}@${found.commit}`, found])).values()];
  if (distinct.length === 1) return distinct[0];
  return wanted === undefined ? undefined : { repository: wanted, commit: undefined };
}

/** `gitCommit` is the v1 name; GitHub's generators and Tekton Chains write the commit as `sha1` (in-toto digest_set.md). */
function toSource(input: Material): Source[] {
  const commit = input.digest?.gitCommit ?? input.digest?.sha1;
  if (input.uri === undefined || commit === undefined || !/^(?:[a-f0-9]{40}|[a-f0-9]{64})$/.test(commit)) return [];
  if (!/^(?:git\+|https:\/\/|ssh:\/\/|git:\/\/)/.test(input.uri)) return [];
  return [{ repository: repositoryOf(input.uri), commit }];
}

/** `git+https://host/owner/name@refs/heads/main` → `https://host/owner/name`; `.git` and a trailing slash go; `git+file://` becomes the path. */
function repositoryOf(uri: string): string {
  const location = uri.replace(/^git\+/, '').replace(/^file:\/\//, '');
  const afterHost = location.indexOf('/', location.indexOf('://') + 3);
  const at = location.indexOf('@', Math.max(afterHost, 0));
  return (at === -1 ? location : location.slice(0, at))
    .replace(/[?#].*$/, '')
    .replace(/\/$/, '')
    .replace(/\.git$/, '');
}

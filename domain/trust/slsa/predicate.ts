/** SLSA provenance v1 (https://slsa.dev/spec/v1.0/provenance) and v0.2 (https://slsa.dev/spec/v0.2/provenance) as one form. */
import { z } from 'zod';
import { predicateTypes, type Statement } from '../statement.ts';
import { type Material, materialSchema } from './material.ts';
import { provenanceV02 } from './provenance-v02.ts';

/** Both versions of the predicate, before anybody looks at what their build type means by it. */
export interface ProvenancePredicate {
  readonly version: 'v1' | 'v0.2';
  readonly buildType: string;
  readonly builderId: string;
  /** v1 runDetails.builder.version: what the builder ran, by name. */
  readonly toolchain: Readonly<Record<string, string>>;
  /** v1 externalParameters; v0.2 invocation.parameters. */
  readonly parameters: unknown;
  /** v1 internalParameters; v0.2 invocation.environment. */
  readonly environment: unknown;
  /** v0.2 alone. */
  readonly configSource: (Material & { readonly entryPoint?: string | null | undefined }) | undefined;
  readonly inputs: readonly Material[];
  readonly invocationId: string | undefined;
  readonly startedOn: string | undefined;
  readonly finishedOn: string | undefined;
  /** v1 runDetails.metadata; v0.2 metadata: for fields of a producer's own. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Machine that built, from our own byproduct. */
  readonly builderHost: string | undefined;
}

const text = z.string().max(4096);
/** Anything else in its place is nobody's fault that reads the rest. */
const versions = z.record(z.string().max(100), z.string().max(200)).catch({});
const materials = z.array(materialSchema).max(100_000).nullish();
const metadataSchema = z
  .looseObject({
    invocationId: text.nullish(),
    invocationID: text.nullish(),
    buildInvocationId: text.nullish(),
    buildInvocationID: text.nullish(),
    startedOn: text.nullish(),
    finishedOn: text.nullish(),
    buildStartedOn: text.nullish(),
    buildFinishedOn: text.nullish(),
  })
  .nullish();

const v1Schema = z.object({
  buildDefinition: z.object({
    buildType: text,
    externalParameters: z.unknown(),
    internalParameters: z.unknown().optional(),
    resolvedDependencies: materials,
  }),
  runDetails: z.object({
    builder: z.object({ id: text, version: versions }),
    metadata: metadataSchema,
    byproducts: z
      .array(z.object({ name: text.nullish(), annotations: z.record(z.string(), z.unknown()).nullish() }))
      .max(100_000)
      .nullish(),
  }),
});

const v02Schema = z.object({
  builder: z.object({ id: text }),
  buildType: text,
  invocation: z
    .object({
      configSource: materialSchema.extend({ entryPoint: text.nullish() }).nullish(),
      parameters: z.unknown().optional(),
      environment: z.unknown().optional(),
    })
    .nullish(),
  metadata: metadataSchema,
  materials,
});

/** Undefined where the statement is no provenance, or not one that its specification allows. */
export function readPredicate({ predicateType, predicate }: Statement): ProvenancePredicate | undefined {
  switch (predicateType) {
    case predicateTypes.provenance:
      return readV1(predicate);
    case provenanceV02:
      return readV02(predicate);
    default:
      return undefined;
  }
}

function readV1(predicate: unknown): ProvenancePredicate | undefined {
  const parsed = v1Schema.safeParse(predicate);
  if (!parsed.success) return undefined;
  const { buildDefinition, runDetails } = parsed.data;
  const host = runDetails.byproducts?.find(({ name }) => name === 'builder-host')?.annotations?.host;
  return {
    version: 'v1',
    buildType: buildDefinition.buildType,
    builderId: runDetails.builder.id,
    toolchain: runDetails.builder.version,
    parameters: buildDefinition.externalParameters,
    environment: buildDefinition.internalParameters,
    configSource: undefined,
    inputs: buildDefinition.resolvedDependencies ?? [],
    builderHost: typeof host === 'string' ? host : undefined,
    ...readMetadata(runDetails.metadata),
  };
}

function readV02(predicate: unknown): ProvenancePredicate | undefined {
  const parsed = v02Schema.safeParse(predicate);
  if (!parsed.success) return undefined;
  const { builder, buildType, invocation, metadata, materials: inputs } = parsed.data;
  return {
    version: 'v0.2',
    buildType,
    builderId: builder.id,
    toolchain: {},
    parameters: invocation?.parameters,
    environment: invocation?.environment,
    configSource: invocation?.configSource ?? undefined,
    inputs: inputs ?? [],
    builderHost: undefined,
    ...readMetadata(metadata),
  };
}

/** BuildKit spells `invocationID`, Tekton Chains and npm `buildInvocationId`. */
function readMetadata(metadata: z.infer<typeof metadataSchema>) {
  const given = metadata ?? {};
  return {
    invocationId:
      given.invocationId ?? given.invocationID ?? given.buildInvocationId ?? given.buildInvocationID ?? undefined,
    startedOn: given.startedOn ?? given.buildStartedOn ?? undefined,
    finishedOn: given.finishedOn ?? given.buildFinishedOn ?? undefined,
    metadata: given,
  };
}

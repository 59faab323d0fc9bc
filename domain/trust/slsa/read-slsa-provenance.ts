import { z } from 'zod';
import type { Statement } from '../statement.ts';
import { findSource } from './material.ts';
import { type ProvenancePredicate, readPredicate } from './predicate.ts';
import type { LevelLimit, ProvenanceReading, SlsaProvenance } from './provenance.ts';
import { provenanceReaders } from './readers/readers.ts';

/** Where a build type nobody here knows would name its source: as GitHub's or ours does. */
const namedSourceSchema = z.union([
  z
    .object({ workflow: z.object({ repository: z.string().max(4096) }) })
    .transform(({ workflow }) => workflow.repository),
  z.object({ source: z.object({ repository: z.string().max(4096) }) }).transform(({ source }) => source.repository),
]);

/** What the specification alone says of the fields, for a build type without a reader. */
function readPlain({ version, parameters, configSource, inputs, metadata }: ProvenancePredicate): ProvenanceReading {
  const named = namedSourceSchema.safeParse(parameters).data;
  const source =
    version === 'v1'
      ? findSource(inputs, named)
      : (findSource(configSource === undefined ? [] : [configSource], undefined) ?? findSource(inputs, undefined));
  return {
    source,
    entryPoint: configSource?.entryPoint ?? undefined,
    ...(metadata.reproducible === true ? { reproducible: true } : {}),
    limits: [],
  };
}

/** What SLSA asks of every provenance (slsa.dev/spec/v1.0/provenance; requirements, "Provenance exists"). */
function commonLimits({ builderId, buildType }: ProvenancePredicate): LevelLimit[] {
  const limits: LevelLimit[] = [];
  if (builderId === '') limits.push({ level: 0, reason: 'it names no builder' });
  if (buildType === '') limits.push({ level: 0, reason: 'it names no build type' });
  return limits;
}

/** Undefined where the statement is no SLSA provenance v1 or v0.2, or not one that its specification allows. */
export function readSlsaProvenance(statement: Statement): SlsaProvenance | undefined {
  const predicate = readPredicate(statement);
  if (predicate === undefined) return undefined;
  const reader = provenanceReaders.find((candidate) => candidate.matches(predicate));
  const reading = reader?.read(predicate) ?? readPlain(predicate);
  return {
    ...reading,
    version: predicate.version,
    producer: reader?.producer,
    buildType: predicate.buildType,
    builderId: predicate.builderId,
    toolchain: predicate.toolchain,
    builderHost: predicate.builderHost,
    invocationId: predicate.invocationId,
    startedOn: predicate.startedOn,
    finishedOn: predicate.finishedOn,
    limits: [...commonLimits(predicate), ...reading.limits],
  };
}

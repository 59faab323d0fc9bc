/** What gates and selectors ask of a provenance, read from SLSA v1 and v0.2 as their producers write them. */
import type { ProvenanceFacts } from './evidence.ts';
import { supportedLevel } from './slsa/assess-build-level.ts';
import { readSlsaProvenance } from './slsa/read-slsa-provenance.ts';
import type { Statement } from './statement.ts';

/** Undefined where the statement is no provenance, or not one that its specification allows. */
export function readProvenance(statement: Statement): ProvenanceFacts | undefined {
  const read = readSlsaProvenance(statement);
  if (read === undefined) return undefined;
  const { source, limits } = read;
  return {
    builderId: read.builderId,
    buildType: read.buildType,
    ...present({
      sourceRepository: source?.repository,
      ref: source?.ref,
      commit: source?.commit,
      entryPoint: read.entryPoint,
      toolchain: toolchainOf(read.toolchain),
      builderHost: read.builderHost,
      invocationId: read.invocationId,
      committers: read.committers,
      hermetic: read.hermetic,
      inputsByHash: read.inputsByHash,
      reproducible: read.reproducible,
    }),
    ...(limits.length === 0 ? {} : { slsaBuildLevel: supportedLevel(read), levelLimits: limits }),
  };
}

const MAX_TOOLS = 50;

/** `node 24.1.0`, in the order of names. */
function toolchainOf(versions: Readonly<Record<string, string>>): readonly string[] | undefined {
  const tools = Object.entries(versions).map(([name, version]) => `${name} ${version}`.trim());
  return tools.length === 0 ? undefined : tools.toSorted().slice(0, MAX_TOOLS);
}

/** Without the members that are undefined: facts are kept as JSON, and compared. */
function present<T extends object>(members: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never;
}

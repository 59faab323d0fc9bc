/** The flags that pin what a provenance must say. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { provenanceV02 } from '../../domain/trust/slsa/provenance-v02.ts';
import { predicateTypes } from '../../domain/trust/statement.ts';
import type { ProvenanceQuestion } from './judge-provenance.ts';

export interface ProvenanceOptions {
  readonly builderId?: string;
  readonly sourceUri?: string;
  readonly sourceRef?: string;
  readonly sourceCommit?: string;
  readonly entryPoint?: string;
  readonly buildLevel?: number;
}

function parseLevel(text: string): number {
  if (/^[1-3]$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected 1, 2 or 3.');
}

/** Declares the flags `provenanceQuestion` reads. */
export function addProvenanceOptions(command: Command): Command {
  const options: [flags: string, description: string][] = [
    ['--builder-id <uri>', 'of provenance: the builder it must name, exactly'],
    [
      '--source-uri <pattern>',
      'of provenance: the repository that must have been built; * within a segment, ** across',
    ],
    ['--source-ref <pattern>', 'of provenance: its ref, as refs/tags/v*'],
    ['--source-commit <commit>', 'of provenance: its full commit id'],
    ['--entry-point <pattern>', 'of provenance: the workflow, pipeline or file that was run'],
  ];
  for (const [flags, description] of options) command.addOption(new Option(flags, description));
  return command.addOption(
    new Option('--build-level <level>', 'of provenance: the least SLSA Build level').argParser(parseLevel),
  );
}

/** Predicate types of provenance whose contents are read. */
export const provenanceTypes: readonly string[] = [provenanceV02, predicateTypes.provenance];

/** Predicate types `--type` stands for: `slsaprovenance` is either version, the others are themselves. */
export function wantedTypes(type: string | undefined, predicateType: string): readonly string[] {
  return type === 'slsaprovenance' ? provenanceTypes : [predicateType];
}

/** What is asked of provenance; undefined where another type is wanted. */
export function provenanceQuestion(
  types: readonly string[],
  options: ProvenanceOptions,
): ProvenanceQuestion | undefined {
  if (!types.some((type) => provenanceTypes.includes(type))) return undefined;
  const one = (value: string | undefined) => (value === undefined ? undefined : [value]);
  return {
    expected: {
      builders: one(options.builderId),
      sources: one(options.sourceUri),
      refs: one(options.sourceRef),
      commits: one(options.sourceCommit),
      entryPoints: one(options.entryPoint),
    },
    level: options.buildLevel,
  };
}

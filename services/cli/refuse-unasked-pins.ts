import type { Command } from 'commander';
import { predicateTypes } from '../../domain/trust/statement.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import { provenanceTypes } from './provenance-options.ts';

/** Flags that say what evidence of one kind must have, and how that kind is asked for. */
const pins = [
  {
    flags: ['--builder-id', '--source-uri', '--source-ref', '--source-commit', '--entry-point', '--build-level'],
    kind: 'provenance',
    name: 'slsaprovenance',
    types: provenanceTypes,
  },
  {
    flags: ['--resource-uri', '--verifier-id', '--max-age'],
    kind: 'a verification summary',
    name: 'vsa',
    types: [predicateTypes.vsa],
  },
];

/**
 * Who pins a builder and forgets the type would read "verified" of evidence that names no builder. A variable, which may stand
 * for other commands, is passed over. Throws a CliError.
 */
export function refuseUnaskedPins(command: Command, wanted: readonly string[]): void {
  for (const { flags, kind, name, types } of pins) {
    if (types.some((type) => wanted.includes(type))) continue;
    const pin = command.options.find(
      (option) => flags.includes(option.long ?? '') && command.getOptionValueSource(option.attributeName()) === 'cli',
    );
    if (pin === undefined) continue;
    throw new CliError(
      exitCodes.usage,
      'OPTIONS_INCOMPLETE',
      `${pin.long} is about ${kind}, and evidence of type ${wanted.join(' or ')} is verified: ask for the other with --type ${name}`,
    );
  }
}

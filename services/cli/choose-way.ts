/** A command that does one of several things by its flags: which one is asked for, and whether by one only. */
import type { Command, Option } from 'commander';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';

/** A flag that was given. */
export interface GivenFlag {
  /** As commander keeps it: `notationTrustPolicy`. */
  readonly key: string;
  readonly value: unknown;
  /** The command line, or its variable. */
  readonly by: 'flag' | 'variable';
}

interface Found extends GivenFlag {
  readonly option: Option;
}

/**
 * The one of `ways` that all flags fit; the first of those, where they leave several. What stands on the command line decides, and
 * variables that do not fit it are left out of the options. Throws a CliError (OPTIONS_CONFLICT) where no way fits all.
 */
export function chooseWay<W extends string, O extends object>(
  command: Command,
  ways: readonly W[],
  fitsOf: (given: GivenFlag) => readonly W[],
): { readonly way: W; readonly options: O } {
  const given = givenFlags(command);
  const asked = given.filter(({ by }) => by === 'flag');
  const left = narrow(ways, asked, fitsOf);
  const meant = given.filter((one) => one.by === 'variable' && fitsOf(one).some((way) => left.includes(way)));
  const way = narrow(left, [...asked, ...meant], fitsOf)[0] as W;
  const options: Record<string, unknown> = { ...command.opts() };
  for (const one of given) if (!fitsOf(one).includes(way)) delete options[one.key];
  return { way, options: options as O };
}

function givenFlags(command: Command): Found[] {
  return command.options.flatMap((option) => {
    const key = option.attributeName();
    const source = command.getOptionValueSource(key);
    const value: unknown = command.getOptionValue(key);
    if (value === undefined || (source !== 'cli' && source !== 'variable')) return [];
    return [{ option, key, value, by: source === 'cli' ? 'flag' : 'variable' }];
  });
}

function narrow<W extends string>(
  ways: readonly W[],
  flags: readonly Found[],
  fitsOf: (given: GivenFlag) => readonly W[],
): readonly W[] {
  let left = ways;
  let last: Found | undefined;
  for (const flag of flags) {
    const next = left.filter((way) => fitsOf(flag).includes(way));
    if (next.length === 0)
      throw new CliError(
        exitCodes.usage,
        'OPTIONS_CONFLICT',
        `${nameOf(flag)} is of no use with ${last === undefined ? 'the others' : nameOf(last)}: give one of them`,
      );
    if (next.length < left.length) last = flag;
    left = next;
  }
  return left;
}

function nameOf({ option, by }: Found): string {
  return (by === 'variable' ? option.envVar : option.long) ?? option.flags;
}

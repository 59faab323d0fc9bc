import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';

/**
 * SOURCE_DATE_EPOCH, seconds since 1970 (https://reproducible-builds.org/specs/source-date-epoch/), as RFC 3339; undefined where it
 * is not set. Throws a CliError.
 */
export function sourceDate({ env }: CliIo): string | undefined {
  const text = env.SOURCE_DATE_EPOCH;
  if (!text) return undefined;
  if (!/^\d{1,11}$/.test(text))
    throw new CliError(exitCodes.usage, 'SOURCE_DATE_INVALID', 'SOURCE_DATE_EPOCH: expected seconds since 1970');
  return new Date(Number(text) * 1000).toISOString();
}

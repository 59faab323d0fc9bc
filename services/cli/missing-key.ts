import type { KeysAnswer } from './api-answers.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';

/** Nothing of ours is, or signs, under that name: which names there are, or under which ids those that did are found. */
export function missingKey(name: string, own: KeysAnswer['own']): CliError {
  const stopped = own.filter((key) => key.name === name);
  if (stopped.length === 0)
    return new CliError(exitCodes.infrastructure, 'KEY_MISSING', `there is no own key ${name}`, {
      hint: `There are ${[...new Set(own.map((key) => key.name))].join(', ')}`,
    });
  const ids = stopped.map(({ keyId, state }) => `${keyId} (${state})`).join(', ');
  return new CliError(exitCodes.infrastructure, 'KEY_MISSING', `no key signs as ${name} now`, {
    hint: `Those that did are exported by their ids: ${ids}. pratique key rotate ${name} makes a new one`,
  });
}

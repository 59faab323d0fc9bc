import { KeyError } from '../../adapters/sigstore/key-error.ts';
import { KeylessError } from '../../adapters/sigstore/keyless/keyless-error.ts';
import { RegistryError } from '../../domain/artifact/registry.ts';
import { PatternError } from '../../domain/trust/identity-pattern.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';

/** Errors of keys, identities, Sigstore and registries as the user sees them: of usage, or of infrastructure. */
export function asTrustFailure(error: unknown): unknown {
  if (error instanceof KeylessError) {
    const exit = /^(?:TOKEN|SIGNING_CONFIG)_/.test(error.code) ? exitCodes.usage : exitCodes.infrastructure;
    return new CliError(exit, error.code, error.message, { cause: error });
  }
  if (error instanceof KeyError && error.code === 'KEY_STORE_UNAVAILABLE')
    return new CliError(exitCodes.infrastructure, error.code, error.message, { cause: error });
  if (error instanceof KeyError || error instanceof PatternError)
    return new CliError(exitCodes.usage, error.code, error.message, { cause: error });
  if (error instanceof RegistryError)
    return new CliError(exitCodes.infrastructure, error.code, error.message, { cause: error });
  return error;
}

import { KeyError } from '../../adapters/sigstore/key-error.ts';
import { KeylessError } from '../../adapters/sigstore/keyless/keyless-error.ts';
import { TufError } from '../../adapters/tuf/tuf-error.ts';
import { RegistryError } from '../../domain/artifact/registry.ts';
import { PatternError } from '../../domain/trust/identity-pattern.ts';
import { NotationError } from '../../domain/trust/notation/notation-error.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';

const KEPT_ROOT =
  'Nothing of this answer is used, and what verified before is kept. Try again; if it stays so, ask whoever runs the mirror before anything new is trusted.';

const DENIED =
  'The registry does not let these credentials do that (docker login says whose they are). To an environment only Pratique writes: sign where it was pushed.';

/** Errors of keys, identities, Sigstore and registries as the user sees them: of usage, or of infrastructure. */
export function asTrustFailure(error: unknown): unknown {
  if (error instanceof KeylessError) {
    const exit = /^(?:TOKEN|SIGNING_CONFIG)_(?!UNAVAILABLE)/.test(error.code)
      ? exitCodes.usage
      : exitCodes.infrastructure;
    return new CliError(exit, error.code, error.message, { cause: error });
  }
  if (error instanceof TufError) {
    const exit = exitOf(error);
    const more = exit === exitCodes.fail ? { hint: KEPT_ROOT } : {};
    return new CliError(exit, error.code, error.message, { cause: error, ...more });
  }
  if (error instanceof KeyError && error.code === 'KEY_STORE_UNAVAILABLE')
    return new CliError(exitCodes.infrastructure, error.code, error.message, { cause: error });
  if (error instanceof KeyError || error instanceof PatternError || error instanceof NotationError)
    return new CliError(exitCodes.usage, error.code, error.message, { cause: error });
  if (error instanceof RegistryError)
    return new CliError(exitCodes.infrastructure, error.code, error.message, {
      cause: error,
      ...(error.code === 'REGISTRY_DENIED' ? { hint: DENIED } : {}),
    });
  return error;
}

/** A mirror that is away, one that must not be trusted, or a root that was not named. */
function exitOf({ code }: TufError) {
  switch (code) {
    case 'TUF_ROOT_MISSING':
    case 'TUF_ROOT_INVALID':
    case 'TUF_TARGET_UNKNOWN':
      return exitCodes.usage;
    case 'TUF_UNREACHABLE':
    case 'TUF_TOO_SLOW':
    case 'TUF_CACHE_EMPTY':
      return exitCodes.infrastructure;
    case 'TUF_METADATA_MALFORMED':
    case 'TUF_SIGNER_UNKNOWN':
    case 'TUF_THRESHOLD_NOT_MET':
    case 'TUF_ROLLBACK':
    case 'TUF_EXPIRED':
    case 'TUF_MIX_AND_MATCH':
    case 'TUF_TARGET_MISMATCH':
    case 'TUF_TOO_LARGE':
      return exitCodes.fail;
  }
}

import { RegistryError } from '../../domain/artifact/registry.ts';

/**
 * What a registry says about the bytes is recorded with the stock. That it is away or refuses us says nothing about
 * the artifact: such an error, and every other, is thrown again.
 */
export function recordableError(error: unknown): RegistryError {
  if (!(error instanceof RegistryError)) throw error;
  switch (error.code) {
    case 'REGISTRY_UNAVAILABLE':
    case 'REGISTRY_DENIED':
      throw error;
    case 'REGISTRY_NOT_FOUND':
    case 'REGISTRY_DIGEST_MISMATCH':
    case 'REGISTRY_TRUNCATED':
    case 'REGISTRY_TOO_LARGE':
    case 'REGISTRY_BAD_MANIFEST':
    case 'REGISTRY_REFUSED':
      return error;
  }
}

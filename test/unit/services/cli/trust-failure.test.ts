import { expect, it } from 'vitest';
import { RegistryError } from '../../../../domain/artifact/registry.ts';
import { asTrustFailure } from '../../../../services/cli/trust-failure.ts';

it('a registry that refuses a signature is said to let only Pratique write to an environment', () => {
  const denied = new RegistryError('REGISTRY_DENIED', 'localhost:5000/prod/shop/web: HTTP 401 (UNAUTHORIZED)');
  expect(asTrustFailure(denied)).toMatchObject({ exit: 3, hint: expect.stringContaining('only Pratique writes') });
  expect(asTrustFailure(new RegistryError('REGISTRY_UNAVAILABLE', 'away'))).toMatchObject({ exit: 3, hint: undefined });
});

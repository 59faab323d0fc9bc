/** The part of the gateway's configuration that makes it the token server of a registry; without it, it is none. */
import { z } from 'zod';
import { ConfigError } from '../../adapters/environment/config-error.ts';
import { text } from '../../adapters/environment/variable-kinds.ts';
import { createRegistryTokenIssuer } from '../../adapters/oci/registry-token-issuer.ts';
import { registryServices } from '../../domain/identity/registry-access.ts';

export const registryTokenSettings = {
  PRATIQUE_REGISTRY_TOKEN_KEY_FILE: text
    .optional()
    .describe("PEM file with the key that signs the registry's tokens and nothing else; unset, the gateway gives none"),
  PRATIQUE_REGISTRY_TOKEN_CERTIFICATE_FILE: text
    .optional()
    .describe("PEM file with that key's certificate: auth.token.rootcertbundle of the registry"),
  PRATIQUE_REGISTRY_SERVICES_FILE: text
    .optional()
    .describe("JSON file with the SHA-256 of the password of each of Pratique's own credentials, as hex, by its name"),
  PRATIQUE_REGISTRY_TOKEN_ISSUER: text.default('pratique').describe('auth.token.issuer of the registry'),
  PRATIQUE_REGISTRY_TOKEN_SERVICE: text.default('pratique-registry').describe('auth.token.service of the registry'),
};

const settings = z.object(registryTokenSettings);
const hash = z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in hex');
const hashes = z.strictObject(
  Object.fromEntries(registryServices.map((service) => [service, hash])) as Record<
    (typeof registryServices)[number],
    typeof hash
  >,
);

/** Undefined where no key is configured. `readFile` takes the name of the variable and the path, and throws a ConfigError. */
export function readRegistryTokenConfig(
  read: z.infer<typeof settings>,
  readFile: (name: string, path: string) => string,
) {
  const {
    PRATIQUE_REGISTRY_TOKEN_KEY_FILE: key,
    PRATIQUE_REGISTRY_TOKEN_CERTIFICATE_FILE: certificate,
    PRATIQUE_REGISTRY_SERVICES_FILE: services,
  } = read;
  if (key === undefined) return undefined;
  if (certificate === undefined || services === undefined)
    throw new ConfigError(
      'PRATIQUE_REGISTRY_TOKEN_KEY_FILE needs PRATIQUE_REGISTRY_TOKEN_CERTIFICATE_FILE and PRATIQUE_REGISTRY_SERVICES_FILE',
    );
  const known = hashes.safeParse(parseJson(readFile('PRATIQUE_REGISTRY_SERVICES_FILE', services)));
  if (!known.success)
    throw new ConfigError(
      `PRATIQUE_REGISTRY_SERVICES_FILE: ${services} is not a JSON object with a hash for each of ${registryServices.join(', ')}`,
    );
  try {
    const issuer = createRegistryTokenIssuer({
      keyPem: readFile('PRATIQUE_REGISTRY_TOKEN_KEY_FILE', key),
      certificatePem: readFile('PRATIQUE_REGISTRY_TOKEN_CERTIFICATE_FILE', certificate),
      issuer: read.PRATIQUE_REGISTRY_TOKEN_ISSUER,
      service: read.PRATIQUE_REGISTRY_TOKEN_SERVICE,
    });
    return { issuer, services: known.data };
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw new ConfigError(
      `PRATIQUE_REGISTRY_TOKEN_KEY_FILE: ${key} and ${certificate} are not an ECDSA key on P-256 and its certificate`,
      { cause },
    );
  }
}

function parseJson(given: string): unknown {
  try {
    return JSON.parse(given);
  } catch {
    return undefined;
  }
}

/** Who asks for a token of the registry: what a registry's client sends, and whose it is. */
import type { TokenStore } from '../../adapters/postgres/token-store.ts';
import type { RegistryIdentity, RegistryService } from '../../domain/identity/registry-access.ts';
import { isSameSecret } from './authenticate.ts';

/** Pratique's own credentials, by the SHA-256 of each password as hex: the gateway checks them and can not use them. */
export type RegistryServiceHashes = Readonly<Record<RegistryService, string>>;

/** What was shown. A password alone (a bearer token, a form) has no user name. */
export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
}

export interface RegistryCaller {
  readonly identity: RegistryIdentity;
  /** `sub` of the token, which the registry puts as the actor into its events. */
  readonly subject: string;
  /** Whose tries are counted together. */
  readonly account: string;
}

const MAX_CHARACTERS = 2048;

/** RFC 7617 and RFC 6750; undefined where the header is neither. */
export function parseRegistryLogin(header: string | undefined): RegistryLogin | undefined {
  const [, scheme, value = ''] = /^(basic|bearer) +([\x21-\x7e]+)$/i.exec(header?.slice(0, MAX_CHARACTERS) ?? '') ?? [];
  if (scheme === undefined) return undefined;
  if (scheme.toLowerCase() === 'bearer') return { username: '', password: value };
  const decoded = Buffer.from(value, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return colon < 0 ? undefined : { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

/**
 * Undefined for a password that is nobody's. The user name counts for Pratique's own credentials only: a person's API token
 * says itself whose it is, whatever name a client sends with it.
 */
export async function identifyRegistryCaller(
  { username, password }: RegistryLogin,
  hashes: RegistryServiceHashes,
  tokens: TokenStore,
  sha256: (text: string) => string,
): Promise<RegistryCaller | undefined> {
  if (isService(username, hashes) && isSameSecret(sha256(password), hashes[username]))
    return {
      identity: { kind: 'service', service: username },
      subject: `pratique/${username}`,
      account: `service/${username}`,
    };
  const token = await tokens.verify(password);
  if (token === undefined) return undefined;
  const { repositories, builders } = token.speaksFor;
  return {
    identity: { kind: 'token', role: token.role, repositories, builders },
    subject: token.subject,
    account: `token/${token.tokenId}`,
  };
}

function isService(name: string, hashes: RegistryServiceHashes): name is RegistryService {
  return Object.hasOwn(hashes, name);
}

/** OpenID Connect ID tokens of configured issuers, checked with the issuer's own keys (OpenID Connect Core 1.0, 3.1.3.7). */
import { createLocalJWKSet, decodeJwt, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import { z } from 'zod';
import { ProofError } from '../../domain/identity/proof-error.ts';
import type { Egress } from '../egress/egress.ts';

export interface IssuerPlace {
  /** As `iss` of its tokens has it, to the character. */
  readonly issuer: string;
  /** Where its keys are; without it, where its discovery document says, at its own host. */
  readonly jwks?: string | undefined;
}

export interface IdentityIssuers {
  /**
   * Whose token it is: `<issuer> <subject>`. It must be valid at `at`, by `toleranceSeconds`, and made for `binding`: as `nonce`
   * beside our audience, or in the audience itself. Throws a ProofError.
   */
  verify(token: string, wanted: { binding: string; at: Date; toleranceSeconds: number }): Promise<string>;
}

/** The audience that binds by itself, for issuers that put no nonce into a token (those of CI). */
export const bindingAudience = (binding: string): string => `pratique-approval:${binding}`;

const MAX_DOCUMENT_BYTES = 512 * 1024;
const KEYS_KEPT_MS = 600_000;
/** Between two looks for a key that is not there. */
const LOOK_AGAIN_MS = 30_000;
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

const discoverySchema = z.object({ issuer: z.string(), jwks_uri: z.url() });
const jwksSchema = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(200) });

interface Options {
  readonly issuers: readonly IssuerPlace[];
  /** What our tokens are for. */
  readonly audience: string;
  readonly egress: Pick<Egress, 'send'>;
  readonly now: () => number;
}

export function createIdentityIssuers({ issuers, audience, egress, now }: Options): IdentityIssuers {
  const kept = new Map<string, { readonly at: number; readonly keys: JSONWebKeySet }>();
  const keysOf = async (place: IssuerPlace, youngerThanMs: number): Promise<JSONWebKeySet> => {
    const found = kept.get(place.issuer);
    if (found !== undefined && now() - found.at < youngerThanMs) return found.keys;
    const keys = await fetchKeys(egress, place);
    kept.set(place.issuer, { at: now(), keys });
    return keys;
  };
  return {
    async verify(token, { binding, at, toleranceSeconds }) {
      const place = placeOf(issuers, token);
      const check = async (youngerThanMs: number) =>
        jwtVerify(token, createLocalJWKSet(await keysOf(place, youngerThanMs)), {
          issuer: place.issuer,
          algorithms: ALGORITHMS,
          requiredClaims: ['sub', 'aud', 'exp', 'iat'],
          currentDate: at,
          clockTolerance: toleranceSeconds,
        });
      const payload = await check(KEYS_KEPT_MS)
        .catch((error: unknown) => {
          // The issuer may have a new key since.
          if (error instanceof errors.JWKSNoMatchingKey) return check(LOOK_AGAIN_MS);
          throw error;
        })
        .then(
          (verified) => verified.payload,
          (error: unknown) => {
            throw explain(error);
          },
        );
      if (!isBound(payload, audience, binding))
        throw new ProofError(
          'PROOF_INVALID',
          `the identity token was not made for this statement: ask for one with the audience "${audience}" and the nonce "${binding}", or with the audience "${bindingAudience(binding)}"`,
        );
      if (at.getTime() / 1000 + toleranceSeconds < (payload.iat ?? 0))
        throw new ProofError(
          'PROOF_OUT_OF_TIME',
          'the identity token was issued after the statement: ask for both again',
        );
      return `${place.issuer} ${payload.sub ?? ''}`;
    },
  };
}

function placeOf(issuers: readonly IssuerPlace[], token: string): IssuerPlace {
  let claimed: string | undefined;
  try {
    claimed = decodeJwt(token).iss;
  } catch (cause) {
    throw new ProofError('PROOF_UNREADABLE', 'the identity token is no JSON Web Token', { cause });
  }
  const place = issuers.find(({ issuer }) => issuer === claimed);
  if (place !== undefined) return place;
  const known =
    issuers.length === 0 ? 'none is configured' : `known: ${issuers.map(({ issuer }) => issuer).join(', ')}`;
  throw new ProofError(
    'PROOF_INVALID',
    `the identity token is of an issuer that is not trusted with approvals (${known}): PRATIQUE_APPROVAL_ISSUERS lists them`,
  );
}

function isBound({ aud, nonce }: JWTPayload, audience: string, binding: string): boolean {
  const audiences = Array.isArray(aud) ? aud : [aud];
  return (
    (audiences.includes(audience) && nonce === binding) || (audiences.length === 1 && aud === bindingAudience(binding))
  );
}

async function fetchKeys(egress: Pick<Egress, 'send'>, { issuer, jwks }: IssuerPlace): Promise<JSONWebKeySet> {
  try {
    const address = jwks ?? (await discover(egress, issuer));
    const { keys } = jwksSchema.parse(await readJson(egress, address));
    return { keys } as JSONWebKeySet;
  } catch (cause) {
    if (cause instanceof ProofError) throw cause;
    throw new ProofError('PROOF_UNCHECKED', `the keys of ${issuer} cannot be had now: try again later`, { cause });
  }
}

/** OpenID Connect Discovery 1.0, 4. */
async function discover(egress: Pick<Egress, 'send'>, issuer: string): Promise<string> {
  const found = discoverySchema.parse(
    await readJson(egress, `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`),
  );
  if (found.issuer === issuer && new URL(found.jwks_uri).host === new URL(issuer).host) return found.jwks_uri;
  throw new ProofError(
    'PROOF_UNCHECKED',
    `${issuer} keeps its keys at another host: name their address in PRATIQUE_APPROVAL_ISSUERS, as ${issuer}=ADDRESS`,
  );
}

async function readJson(egress: Pick<Egress, 'send'>, url: string): Promise<unknown> {
  const response = await egress.send({ method: 'GET', url, maxBytes: MAX_DOCUMENT_BYTES, retries: 1 });
  if (response.status !== 200) {
    await response.body.dump();
    throw new Error(`${url} answers ${response.status}`);
  }
  return response.body.json();
}

function explain(error: unknown): ProofError {
  if (error instanceof ProofError) return error;
  if (error instanceof errors.JWTExpired || (error instanceof errors.JWTClaimValidationFailed && error.claim === 'nbf'))
    return new ProofError('PROOF_OUT_OF_TIME', 'the identity token is not valid at that time: ask for a new one', {
      cause: error,
    });
  return new ProofError('PROOF_INVALID', 'the identity token does not verify: ask its issuer for another', {
    cause: error,
  });
}

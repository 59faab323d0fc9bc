/** A Notary Project signature, whatever its encoding (specifications, signature-specification.md, "Signature envelope"). */
import { constants, type KeyObject, verify } from 'node:crypto';
import { z } from 'zod';
import type { RejectionCode } from '../../domain/trust/evidence.ts';

export const envelopeTypes = { jws: 'application/jose+json', cose: 'application/cose' } as const;

export const payloadType = 'application/vnd.cncf.notary.payload.v1+json';

export const algorithms = ['ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512'] as const;
export type Algorithm = (typeof algorithms)[number];

/** Nothing in it is verified yet. */
export interface SignatureEnvelope {
  readonly algorithm: Algorithm;
  readonly scheme: 'notary.x509' | 'notary.x509.signingAuthority';
  /** Under `notary.x509` a claim of the signer; under a signing authority its word. */
  readonly signingTime: Date;
  readonly expiry: Date | undefined;
  /** DER, the signing certificate first. */
  readonly chain: readonly Uint8Array[];
  /** What the signature is over; and the signature (ECDSA as r and s, IEEE P1363). */
  readonly signedBytes: Uint8Array;
  readonly signature: Uint8Array;
  readonly payload: Uint8Array;
  /** TimeStampToken of RFC 3161, DER. */
  readonly timestamp: Uint8Array | undefined;
  readonly agent: string | undefined;
}

/** Thrown by the readers of envelopes; the orchestrator makes it the result. */
export class EnvelopeError extends Error {
  override readonly name = 'EnvelopeError';
  readonly code: RejectionCode;

  constructor(code: RejectionCode, message: string) {
    super(message);
    this.code = code;
  }
}

export const attributes = {
  scheme: 'io.cncf.notary.signingScheme',
  signingTime: 'io.cncf.notary.signingTime',
  authenticSigningTime: 'io.cncf.notary.authenticSigningTime',
  expiry: 'io.cncf.notary.expiry',
  timestamp: 'io.cncf.notary.timestampSignature',
  agent: 'io.cncf.notary.signingAgent',
} as const;

const PLUGIN = 'io.cncf.notary.verificationPlugin';

/** Signed attributes as an envelope carries them; times as its encoding has them read. */
export interface SignedAttributes {
  readonly scheme: unknown;
  readonly signingTime: Date | undefined;
  readonly authenticSigningTime: Date | undefined;
  readonly expiry: Date | undefined;
  readonly contentType: unknown;
  readonly critical: readonly unknown[];
  /** Names of all that are there. */
  readonly names: readonly unknown[];
}

/** What the specification demands of them ("Signed attributes", "Signing scheme"). */
export function checkAttributes(given: SignedAttributes): Pick<SignatureEnvelope, 'scheme' | 'signingTime' | 'expiry'> {
  const { scheme, critical, names, expiry } = given;
  if (scheme !== 'notary.x509' && scheme !== 'notary.x509.signingAuthority')
    throw new EnvelopeError('BUNDLE_UNSUPPORTED', 'its signing scheme is none that is known');
  if (given.contentType !== payloadType)
    throw new EnvelopeError('BUNDLE_UNSUPPORTED', `its payload is not of type ${payloadType}`);
  const isAuthority = scheme === 'notary.x509.signingAuthority';
  const foreign = isAuthority ? given.signingTime : given.authenticSigningTime;
  const signingTime = isAuthority ? given.authenticSigningTime : given.signingTime;
  if (foreign !== undefined || signingTime === undefined)
    throw new EnvelopeError('BUNDLE_MALFORMED', 'its signing time is not the one its signing scheme has');
  const required: string[] = [attributes.scheme];
  if (expiry !== undefined) required.push(attributes.expiry);
  if (isAuthority) required.push(attributes.authenticSigningTime);
  const missing = required.find((name) => !critical.includes(name));
  if (missing !== undefined)
    throw new EnvelopeError('BUNDLE_MALFORMED', `its attribute ${missing} is not marked critical`);
  if (new Set(critical).size !== critical.length || critical.some((name) => !names.includes(name)))
    throw new EnvelopeError(
      'BUNDLE_MALFORMED',
      'its list of critical attributes names one twice, or one that is not there',
    );
  const unknown = critical.find((name) => !required.includes(String(name)));
  if (unknown !== undefined || names.some((name) => String(name).startsWith(PLUGIN)))
    throw new EnvelopeError(
      'ATTRIBUTE_CRITICAL',
      `it must not be accepted by who does not understand ${unknown === undefined ? PLUGIN : 'each of its critical attributes'}`,
    );
  if (expiry !== undefined && expiry <= signingTime)
    throw new EnvelopeError('BUNDLE_MALFORMED', 'it expires before it was signed');
  return { scheme, signingTime, expiry };
}

/** Whether `key` made the signature, under the one algorithm that goes with it ("Algorithm selection"); ALGORITHM_UNSUPPORTED else. */
export function verifyEnvelopeSignature(
  { algorithm, signedBytes, signature }: Pick<SignatureEnvelope, 'algorithm' | 'signedBytes' | 'signature'>,
  key: KeyObject,
): boolean {
  if (algorithmOf(key) !== algorithm)
    throw new EnvelopeError(
      'ALGORITHM_UNSUPPORTED',
      'its algorithm is not the one that goes with the key of its certificate',
    );
  const hash = `sha${algorithm.slice(2)}`;
  return algorithm.startsWith('ES')
    ? verify(hash, signedBytes, { key, dsaEncoding: 'ieee-p1363' }, signature)
    : verify(
        hash,
        signedBytes,
        { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
        signature,
      );
}

const curves: Readonly<Record<string, Algorithm>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' };
const moduli: Readonly<Record<number, Algorithm>> = { 2048: 'PS256', 3072: 'PS384', 4096: 'PS512' };

/** Undefined for keys whose signatures do not count. */
export function algorithmOf(key: KeyObject): Algorithm | undefined {
  const { namedCurve = '', modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'ec') return curves[namedCurve];
  return key.asymmetricKeyType === 'rsa' ? moduli[modulusLength] : undefined;
}

const targetSchema = z.object({
  targetArtifact: z.object({
    mediaType: z.string().max(255),
    digest: z.string().max(255),
    size: z.int().nonnegative(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
});

/** What a payload is about (signature-specification.md, "Payload"). Undefined where it is no such payload. */
export function readTarget(value: unknown): z.infer<typeof targetSchema>['targetArtifact'] | undefined {
  const parsed = targetSchema.safeParse(value);
  return parsed.success ? parsed.data.targetArtifact : undefined;
}

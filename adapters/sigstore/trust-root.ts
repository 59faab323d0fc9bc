import { type TrustMaterial, toTrustMaterial } from '@sigstore/verify';
import { z } from 'zod';
import { KeyError } from './key-error.ts';
import { parseJson, withoutNulls } from './open-bundle.ts';
import { rememberAuthority } from './remember-encoding.ts';
import { rememberTrustRoot } from './trust-root-digest.ts';

type TrustedRoot = Parameters<typeof toTrustMaterial>[0];

const base64 = z.base64().transform((text) => Buffer.from(text, 'base64'));
const date = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
const validFor = z
  .object({ start: date.optional(), end: date.optional() })
  .default({})
  .transform(({ start, end }) => ({ start, end }));

/** The PKCS#1 encodings of PublicKeyDetails (protobuf-specs, sigstore_common.proto); every other key is SPKI whatever its details. */
const PKCS1_DETAILS = new Map([['PKCS1_RSA_PKCS1V5', 1]]);

const log = z
  .object({
    baseUrl: z.string().max(2000).default(''),
    publicKey: z.object({ rawBytes: base64, keyDetails: z.string().max(100), validFor }),
    logId: z.object({ keyId: base64 }),
    checkpointKeyId: z.object({ keyId: base64 }).optional(),
  })
  .transform(({ baseUrl, publicKey, logId, checkpointKeyId }) => ({
    baseUrl,
    hashAlgorithm: 1,
    publicKey: { ...publicKey, keyDetails: PKCS1_DETAILS.get(publicKey.keyDetails) ?? 0 },
    logId,
    checkpointKeyId,
    operator: '',
  }));

const authority = z
  .object({
    uri: z.string().max(2000).default(''),
    certChain: z.object({ certificates: z.array(z.object({ rawBytes: base64 })).max(16) }),
    validFor,
  })
  .transform(({ uri, certChain, validFor: range }) => ({
    subject: undefined,
    uri,
    certChain,
    validFor: range,
    operator: '',
  }));

const trustRootSchema = z
  .object({
    mediaType: z.string().max(255),
    tlogs: z.array(log).max(100).default([]),
    certificateAuthorities: z.array(authority).max(100).default([]),
    ctlogs: z.array(log).max(100).default([]),
    timestampAuthorities: z.array(authority).max(100).default([]),
  })
  .transform((root): TrustedRoot => root);

/** Sigstore's trusted_root.json (protobuf-specs, sigstore_trustroot.proto). Throws a KeyError that names `source` and the place. */
export function parseTrustRoot(bytes: Uint8Array, source: string): TrustMaterial {
  const parsed = trustRootSchema.safeParse(withoutNulls(parseJson(bytes)?.value ?? {}));
  if (!parsed.success)
    throw new KeyError(
      'KEY_MALFORMED',
      `${source}: not a Sigstore trusted root at "${parsed.error.issues[0]?.path.join('.') ?? ''}"`,
    );
  try {
    const material = toTrustMaterial(parsed.data, () => {
      throw new KeyError('KEY_MISSING', `${source}: a trusted root names no keys of signers`);
    });
    const { certificateAuthorities, timestampAuthorities } = material;
    for (const { certChain } of [...certificateAuthorities, ...timestampAuthorities])
      certChain.forEach(rememberAuthority);
    rememberTrustRoot(material, bytes);
    return material;
  } catch (cause) {
    throw new KeyError('KEY_MALFORMED', `${source}: a certificate or key in the trusted root cannot be read`, {
      cause,
    });
  }
}

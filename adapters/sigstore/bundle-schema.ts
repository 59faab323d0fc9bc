import { z } from 'zod';

/** Canonical base64: lenient decoders would let one signature be written in many ways. */
const base64 = z
  .string()
  .refine((text) => Buffer.from(text, 'base64').toString('base64') === text, 'not canonical base64');
const rawBytes = z.strictObject({ rawBytes: base64 });

/** protojson writes 64-bit integers as strings and reads numbers too; one number, one way to write it. */
const int64 = z.union([z.string().regex(/^(?:0|-?[1-9]\d{0,18})$/), z.int()]);

/** Hashes in a proof: one a level, in trees of at most 2^64 entries. */
const maxHashes = 64;

const logEntries = z
  .array(
    z.strictObject({
      logIndex: int64.optional(),
      logId: z.strictObject({ keyId: base64 }).optional(),
      kindVersion: z.strictObject({ kind: z.string().max(64), version: z.string().max(64) }).optional(),
      integratedTime: int64.optional(),
      inclusionPromise: z.strictObject({ signedEntryTimestamp: base64 }).optional(),
      inclusionProof: z
        .strictObject({
          logIndex: int64.optional(),
          rootHash: base64,
          treeSize: int64,
          hashes: z.array(base64).max(maxHashes).optional(),
          checkpoint: z.strictObject({ envelope: z.string().max(64 * 1024) }).optional(),
        })
        .optional(),
      canonicalizedBody: base64.optional(),
    }),
  )
  .max(32)
  .optional();
const timestamps = z
  .strictObject({
    rfc3161Timestamps: z
      .array(z.strictObject({ signedTimestamp: base64 }))
      .max(32)
      .optional(),
  })
  .optional();

const verificationMaterial = z.strictObject({
  publicKey: z.strictObject({ hint: z.string().max(1000).optional() }).optional(),
  certificate: rawBytes.optional(),
  x509CertificateChain: z.strictObject({ certificates: z.array(rawBytes).max(16) }).optional(),
  tlogEntries: logEntries,
  timestampVerificationData: timestamps,
});

/**
 * The JSON form of a Sigstore bundle (protobuf-specs, sigstore_bundle.proto): members it does not name are refused, as Go's
 * protojson does in cosign, so that no two verifiers read one bundle differently. One signature, as the proto demands of DSSE.
 */
export const bundleSchema = z.strictObject({
  mediaType: z.enum([
    'application/vnd.dev.sigstore.bundle+json;version=0.1',
    'application/vnd.dev.sigstore.bundle+json;version=0.2',
    'application/vnd.dev.sigstore.bundle+json;version=0.3',
    'application/vnd.dev.sigstore.bundle.v0.3+json',
  ]),
  verificationMaterial,
  dsseEnvelope: z
    .strictObject({
      payload: base64,
      payloadType: z.string().max(255),
      signatures: z.array(z.strictObject({ sig: base64, keyid: z.string().max(1000).optional() })).length(1),
    })
    .optional(),
  messageSignature: z
    .strictObject({
      messageDigest: z.strictObject({ algorithm: z.string().max(64), digest: base64 }),
      signature: base64,
    })
    .optional(),
});

/**
 * cosign's older form: signatures under the tag `sha256-<hex>.sig`, attestations under `.att`, a layer each, what verifies them
 * in the layer's annotations (cosign specs/SIGNATURE_SPEC.md, specs/ATTESTATION_SPEC.md; pkg/oci/static).
 */
import { createHash, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { Descriptor } from '../../domain/artifact/descriptor.ts';
import { type Digest, digestHex } from '../../domain/artifact/digest.ts';
import { RegistryError, type RegistryReader } from '../../domain/artifact/registry.ts';
import { maxBundleBytes, parseJson } from './open-bundle.ts';

export const simpleSigningType = 'application/vnd.dev.cosign.simplesigning.v1+json';
const ENVELOPE_TYPE = 'application/vnd.dsse.envelope.v1+json';

export const signatureAnnotation = 'dev.cosignproject.cosign/signature';
const CERTIFICATE = 'dev.sigstore.cosign/certificate';
const CHAIN = 'dev.sigstore.cosign/chain';
const LOG_ENTRY = 'dev.sigstore.cosign/bundle';
const TIMESTAMP = 'dev.sigstore.cosign/rfc3161timestamp';

/** One signature or attestation as a Sigstore bundle, which verifies under the same keys and roots. */
export type TaggedEvidence =
  | { readonly kind: 'attestation'; readonly source: string; readonly bundle: Uint8Array }
  /** The bundle signs `payload`, which names what it is about. */
  | { readonly kind: 'signature'; readonly source: string; readonly bundle: Uint8Array; readonly payload: Uint8Array }
  | { readonly kind: 'unreadable'; readonly source: string; readonly reason: string };

export function signatureTag(subject: Digest): string {
  return `sha256-${digestHex(subject)}.sig`;
}

type Reader = Pick<RegistryReader, 'getManifest' | 'getBlobBytes'>;

/**
 * Everything under the two tags of `subject`, which are asked for before the first is read. What cannot be read is said in its
 * place; an unreachable registry throws.
 */
export function readCosignTags(registry: Reader, repository: string, subject: Digest): AsyncGenerator<TaggedEvidence> {
  const asked = [signatureTag(subject), `sha256-${digestHex(subject)}.att`].map((tag) => {
    const stored = registry.getManifest(repository, tag);
    // Whoever never comes to read it has failed with something else.
    stored.catch(() => undefined);
    return { tag, stored };
  });
  return readTags(registry, repository, asked);
}

async function* readTags(
  registry: Reader,
  repository: string,
  asked: readonly { readonly tag: string; readonly stored: ReturnType<Reader['getManifest']> }[],
): AsyncGenerator<TaggedEvidence> {
  for (const { tag, stored } of asked) {
    const found = await stored.catch((error: unknown) => unreadable(error, tag));
    if (found !== undefined && 'kind' in found) yield found;
    if (found === undefined || 'kind' in found || found.content.kind !== 'manifest') continue;
    for (const [index, layer] of found.content.manifest.layers.entries()) {
      const source = `${tag}#${index + 1}`;
      yield await readLayer(registry, repository, layer, source).catch((error: unknown) => unreadable(error, source));
    }
  }
}

/** Throws where nobody answered, so that another try may help. */
function unreadable(error: unknown, source: string): Extract<TaggedEvidence, { kind: 'unreadable' }> {
  if (!(error instanceof RegistryError) || error.code === 'REGISTRY_UNAVAILABLE') throw error;
  return { kind: 'unreadable', source, reason: error.message };
}

async function readLayer(
  registry: Reader,
  repository: string,
  layer: Descriptor,
  source: string,
): Promise<TaggedEvidence> {
  const refuse = (reason: string): TaggedEvidence => ({ kind: 'unreadable', source, reason });
  const annotations = layer.annotations ?? {};
  const bytes = await registry.getBlobBytes(repository, layer, maxBundleBytes);
  const material = readMaterial(annotations);
  if (material === undefined) return refuse('its certificate or log entry is not as cosign writes it');
  switch (layer.mediaType) {
    case ENVELOPE_TYPE: {
      const envelope = parseJson(bytes)?.value;
      if (typeof envelope !== 'object' || envelope === null) return refuse('it is no DSSE envelope');
      return { kind: 'attestation', source, bundle: encodeBundle(material, { dsseEnvelope: envelope }) };
    }
    case simpleSigningType: {
      const signature = annotations[signatureAnnotation];
      if (signature === undefined) return refuse('there is no signature beside the payload');
      const digest = createHash('sha256').update(bytes).digest('base64');
      const messageSignature = { messageDigest: { algorithm: 'SHA2_256', digest }, signature };
      return { kind: 'signature', source, bundle: encodeBundle(material, { messageSignature }), payload: bytes };
    }
    default:
      return refuse(`a layer of type ${layer.mediaType.slice(0, 100)} is neither signature nor attestation`);
  }
}

interface Material {
  readonly publicKey?: object;
  readonly x509CertificateChain?: object;
  readonly tlogEntries: readonly object[];
  readonly timestampVerificationData?: object;
}

/** What cosign kept of Rekor v1 (pkg/cosign/bundle, RekorBundle). */
const logEntrySchema = z.object({
  SignedEntryTimestamp: z.base64(),
  Payload: z.object({
    body: z.base64(),
    integratedTime: z.number().int().nonnegative(),
    logIndex: z.number().int().nonnegative(),
    logID: z.string().regex(/^[a-f0-9]{64}$/),
  }),
});
const bodySchema = z.object({ kind: z.string().max(64), apiVersion: z.string().max(64) });
const timestampSchema = z.object({ SignedRFC3161Timestamp: z.base64() });

/** Undefined where something that is there cannot be read: left out, it could not speak against the signature. */
function readMaterial(annotations: Readonly<Record<string, string>>): Material | undefined {
  const signer = readSigner(annotations);
  const entry = readJson(annotations[LOG_ENTRY], logEntrySchema);
  const timestamp = readJson(annotations[TIMESTAMP], timestampSchema);
  if (signer === undefined || entry === 'invalid' || timestamp === 'invalid') return undefined;
  const logged = entry === undefined ? undefined : toLogEntry(entry);
  if (logged === 'invalid') return undefined;
  return {
    ...signer,
    tlogEntries: logged === undefined ? [] : [logged],
    ...(timestamp === undefined
      ? {}
      : { timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: timestamp.SignedRFC3161Timestamp }] } }),
  };
}

function readSigner(
  annotations: Readonly<Record<string, string>>,
): Pick<Material, 'publicKey' | 'x509CertificateChain'> | undefined {
  const certificate = annotations[CERTIFICATE];
  if (certificate === undefined || certificate === '') return { publicKey: { hint: '' } };
  try {
    const pems = `${certificate}\n${annotations[CHAIN] ?? ''}`.match(
      /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g,
    );
    // The root is the verifier's own to have: only what the leaf needs to reach it goes along.
    const parsed = (pems ?? []).slice(0, 8).map((pem) => new X509Certificate(pem));
    const certificates = parsed
      .filter((one) => one.subject !== one.issuer)
      .map((one) => ({ rawBytes: one.raw.toString('base64') }));
    return certificates.length === 0 ? undefined : { x509CertificateChain: { certificates } };
  } catch {
    return undefined;
  }
}

function toLogEntry({ SignedEntryTimestamp, Payload }: z.infer<typeof logEntrySchema>): object | 'invalid' {
  const kind = bodySchema.safeParse(parseJson(Buffer.from(Payload.body, 'base64'))?.value).data;
  if (kind === undefined) return 'invalid';
  return {
    logIndex: String(Payload.logIndex),
    logId: { keyId: Buffer.from(Payload.logID, 'hex').toString('base64') },
    kindVersion: { kind: kind.kind, version: kind.apiVersion },
    integratedTime: String(Payload.integratedTime),
    inclusionPromise: { signedEntryTimestamp: SignedEntryTimestamp },
    canonicalizedBody: Payload.body,
  };
}

function readJson<T>(text: string | undefined, schema: z.ZodType<T>): T | undefined | 'invalid' {
  if (text === undefined || text === '') return undefined;
  const parsed = schema.safeParse(parseJson(new TextEncoder().encode(text))?.value);
  return parsed.success ? parsed.data : 'invalid';
}

/** Version 0.1: the one whose proof of inclusion may be a promise alone. */
function encodeBundle(material: Material, content: object): Uint8Array {
  const mediaType = 'application/vnd.dev.sigstore.bundle+json;version=0.1';
  return new TextEncoder().encode(JSON.stringify({ mediaType, verificationMaterial: material, ...content }));
}

/** Signatures that others witness: a certificate for whoever a token names, log entries, timestamps. All answer, or nothing is signed. */
import { type Bundle, bundleToJSON, toDSSEBundle } from '@sigstore/bundle';
import { HashAlgorithm } from '@sigstore/protobuf-specs';
import {
  FulcioSigner,
  InternalError,
  RekorWitness,
  type SignatureBundle,
  TSAWitness,
  type Witness,
} from '@sigstore/sign';
import type { TrustMaterial } from '@sigstore/verify';
import { canonicalJson } from '../../../domain/trust/canonical-json.ts';
import { identityName, type SignerIdentity } from '../../../domain/trust/evidence.ts';
import { preAuthenticationEncoding } from '../../../domain/trust/pre-authentication-encoding.ts';
import type { CertificateIdentity, Signer } from '../../../domain/trust/signer.ts';
import { inTotoPayloadType, type Statement } from '../../../domain/trust/statement.ts';
import { createBundleVerifier } from '../bundle-verifier.ts';
import { toFileBundle } from '../file-bundle.ts';
import { KeylessError, type KeylessErrorCode } from './keyless-error.ts';
import { recordInRekorV2 } from './rekor-v2.ts';
import type { SigningEndpoints } from './signing-config.ts';

/** Who signs: a key, or whom the token names. The token is asked for when it is needed, and never kept. */
export type SigningSource =
  | { readonly kind: 'key'; readonly signer: Signer }
  | { readonly kind: 'identity'; readonly token: () => Promise<string> };

export interface WitnessedSigner {
  /** A bundle v0.3 around a DSSE envelope. */
  signStatement(statement: Statement): Promise<Uint8Array>;
  /** A bundle v0.3 with a signature over a file. */
  signFile(file: Uint8Array): Promise<Uint8Array>;
}

export interface WitnessedSignerOptions {
  readonly endpoints: SigningEndpoints;
  readonly source: SigningSource;
  /** What the result must verify under before it is called signed; undefined where the user gave none. */
  readonly trustRoot: TrustMaterial | undefined;
  /** Whom the certificate must name; asked for with a trusted root. */
  readonly identity?: CertificateIdentity;
}

/** For one try; there are two more. Rekor v2 answers when the entry is in a tile. */
const TIMEOUT_MS = 20_000;
const RETRY = { retries: 2, minTimeout: 200, maxTimeout: 2000 };

/** Its methods throw a KeylessError, or the error of the key. */
export function createWitnessedSigner(options: WitnessedSignerOptions): WitnessedSigner {
  const { endpoints, source, trustRoot } = options;
  const client = { timeout: TIMEOUT_MS, retry: RETRY };
  const witnesses: Witness[] = [
    ...endpoints.logs.map(({ url, version }) =>
      version === 2
        ? {
            testify: async (content: SignatureBundle, pem: string) => ({
              tlogEntries: [await recordInRekorV2(url, content, pem)],
            }),
          }
        : witnessInRekorV1(new RekorWitness({ ...client, rekorBaseURL: url }), url),
    ),
    ...endpoints.timestampAuthorities.map(({ url }) => new TSAWitness({ ...client, tsaBaseURL: url })),
  ];
  const sign = source.kind === 'key' ? signWithKey(source.signer) : signWithIdentity(endpoints, source.token);
  if (source.kind === 'identity' && !provesTime(endpoints))
    throw new KeylessError(
      'SIGNING_CONFIG_INVALID',
      'a certificate lives for minutes: the signing config must name a timestamp authority or a Rekor v1, which prove the time (a Rekor v2 does not)',
    );
  return {
    async signStatement(statement) {
      const payload = Buffer.from(canonicalJson(statement));
      const signed = await sign(Buffer.from(preAuthenticationEncoding(inTotoPayloadType, payload)));
      const bundle = toDSSEBundle({
        ...signed.material,
        artifact: payload,
        artifactType: inTotoPayloadType,
        signature: signed.signature,
      });
      const bytes = await complete(bundle, signed, witnesses);
      const digests = statement.subject[0]?.digest ?? {};
      const verifier = createBundleVerifier(trustRoot);
      return confirm(bytes, options, () => verifier.verifyDigests(bytes, digests, trustedOf(source)));
    },
    async signFile(file) {
      const signed = await sign(Buffer.from(file));
      const bundle = toFileBundle(file, { ...signed.material, signature: signed.signature, signer: signed.pem });
      const bytes = await complete(bundle, signed, witnesses);
      const verifier = createBundleVerifier(trustRoot);
      return confirm(bytes, options, () => verifier.verifyMessage(bytes, file, trustedOf(source)));
    },
  };
}

/** Of logs, version 1 alone promises when an entry came. */
function provesTime({ logs, timestampAuthorities }: SigningEndpoints): boolean {
  return timestampAuthorities.length > 0 || logs.some(({ version }) => version === 1);
}

/** The library tells it of files by SHA-256, whatever their key signs with. */
function witnessInRekorV1(witness: RekorWitness, url: string): Witness {
  return {
    async testify(content, pem) {
      const isOther =
        content.$case === 'messageSignature' &&
        content.messageSignature.messageDigest.algorithm !== HashAlgorithm.SHA2_256;
      if (isOther)
        throw new KeylessError(
          'LOG_REFUSED',
          `the log ${url} is a Rekor v1, which takes signatures over files by SHA-256 alone, and a P-384 key signs SHA-384: name a Rekor v2 in the signing config, or sign with a P-256 key: nothing was signed`,
        );
      return witness.testify(content, pem);
    },
  };
}

interface Signed {
  readonly signature: Buffer;
  /** PEM, of the certificate or the public key: what witnesses write beside the signature. */
  readonly pem: string;
  readonly material: { readonly certificate?: Buffer };
  /** `publicKey.hint` of the bundle. */
  readonly hint: string | undefined;
}

function signWithKey(signer: Signer) {
  return async (data: Buffer): Promise<Signed> => {
    const signature = Buffer.from(await signer.sign(data));
    return { signature, pem: signer.publicKeyPem, material: {}, hint: signer.keyId };
  };
}

function signWithIdentity({ fulcio }: SigningEndpoints, token: () => Promise<string>) {
  if (fulcio === undefined)
    throw new KeylessError('SIGNING_CONFIG_INVALID', 'the signing config names no certificate authority in force');
  return async (data: Buffer): Promise<Signed> => {
    // Before the library asks: it would put what it was given into its message.
    const identityToken = await token();
    const signer = new FulcioSigner({
      fulcioBaseURL: fulcio.url,
      identityProvider: { getToken: async () => identityToken },
      timeout: TIMEOUT_MS,
      retry: RETRY,
    });
    const { signature, key } = await signer.sign(data).catch((error: unknown) => {
      throw toKeylessError(error, fulcio.url);
    });
    if (key.$case !== 'x509Certificate')
      throw new KeylessError('CA_REFUSED', `${fulcio.url} answered without a certificate`);
    const certificate = Buffer.from(key.certificate.replace(/-----[A-Z ]+-----|\s/g, ''), 'base64');
    return { signature, pem: key.certificate, material: { certificate }, hint: undefined };
  };
}

/** All witnesses, at once: the first that does not answer ends it. */
async function complete(bundle: Bundle, signed: Signed, witnesses: readonly Witness[]): Promise<Uint8Array> {
  const testimonies = await Promise.all(
    witnesses.map((witness) =>
      witness.testify(bundle.content, signed.pem).catch((error: unknown) => {
        throw toKeylessError(error, 'the signing config');
      }),
    ),
  );
  const material = bundle.verificationMaterial;
  material.tlogEntries = testimonies.flatMap(({ tlogEntries }) => tlogEntries ?? []);
  const rfc3161Timestamps = testimonies.flatMap(({ rfc3161Timestamps: found }) => found ?? []);
  material.timestampVerificationData = rfc3161Timestamps.length === 0 ? undefined : { rfc3161Timestamps };
  if (signed.hint !== undefined) material.content = { $case: 'publicKey', publicKey: { hint: signed.hint } };
  return Buffer.from(JSON.stringify(bundleToJSON(bundle)));
}

function trustedOf(source: SigningSource): { keys: string[] } {
  return { keys: source.kind === 'key' ? [source.signer.publicKeyPem] : [] };
}

/** What came back is believed when it verifies, as anybody else would verify it. */
async function confirm(
  bytes: Uint8Array,
  { trustRoot, identity }: WitnessedSignerOptions,
  verify: () => Promise<
    { outcome: 'verified'; identity: SignerIdentity } | { outcome: 'rejected'; code: string; reason: string }
  >,
): Promise<Uint8Array> {
  if (trustRoot === undefined) return bytes;
  const result = await verify();
  if (result.outcome === 'verified') {
    const [named, wanted] = [identityName(result.identity), identity && identityName(identity)];
    if (wanted === undefined || named === wanted) return bytes;
    throw new KeylessError(
      'IDENTITY_UNEXPECTED',
      `the certificate is for ${named}, and ${wanted} is to sign: what was signed counts for nothing`,
    );
  }
  throw new KeylessError(
    'BUNDLE_UNVERIFIED',
    `what was signed does not verify under the trusted root, so it counts for nothing: ${result.code}: ${result.reason}`,
  );
}

const parts: Readonly<Record<string, [unavailable: KeylessErrorCode, refused: KeylessErrorCode, name: string]>> = {
  CA_CREATE_SIGNING_CERTIFICATE_ERROR: ['CA_UNAVAILABLE', 'CA_REFUSED', 'the certificate authority'],
  TLOG_CREATE_ENTRY_ERROR: ['LOG_UNAVAILABLE', 'LOG_REFUSED', 'the transparency log'],
  TLOG_FETCH_ENTRY_ERROR: ['LOG_UNAVAILABLE', 'LOG_REFUSED', 'the transparency log'],
  TSA_CREATE_TIMESTAMP_ERROR: ['TIMESTAMP_UNAVAILABLE', 'TIMESTAMP_REFUSED', 'the timestamp authority'],
};

/** The library's messages may hold the token: only its code and the status of the answer are used. */
function toKeylessError(error: unknown, place: string): KeylessError {
  if (error instanceof KeylessError) return error;
  const code = error instanceof InternalError ? error.code : '';
  const [unavailable, refused, name] = parts[code] ?? ['TOKEN_INVALID', 'TOKEN_INVALID', 'the identity token'];
  const cause: unknown = error instanceof InternalError ? error.cause : undefined;
  const status =
    typeof cause === 'object' && cause !== null && 'statusCode' in cause ? Number(cause.statusCode) : undefined;
  if (parts[code] === undefined)
    return new KeylessError('TOKEN_INVALID', 'the identity token names nobody (sub or email)');
  if (status !== undefined && status < 500 && status !== 408 && status !== 429)
    return new KeylessError(refused, `${name} of ${place} refused (${status}): nothing was signed`);
  return new KeylessError(
    unavailable,
    `${name} of ${place} did not answer${status === undefined ? '' : ` (${status})`}: nothing was signed`,
  );
}

/** A witness in Rekor v2 (rekor-tiles, api/proto/rekor/v2): `@sigstore/sign` sends every key as a certificate, and statements by a request that is on its way out. */
import { createHash, createPublicKey } from 'node:crypto';
import type { TransparencyLogEntry } from '@sigstore/bundle';
import { TransparencyLogEntry as LogEntry } from '@sigstore/protobuf-specs';
import type { SignatureBundle } from '@sigstore/sign';
import { z } from 'zod';
import { preAuthenticationEncoding } from '../../../domain/trust/pre-authentication-encoding.ts';
import { createEgress } from '../../egress/egress.ts';
import { EgressError } from '../../egress/egress-error.ts';
import { signingSchemeOf } from '../signing-scheme.ts';
import { KeylessError } from './keyless-error.ts';

const RETRIES = 2;
const MAX_ANSWER_BYTES = 1024 * 1024;

/** Of protobuf-specs' PublicKeyDetails: those with the hash that is recorded. */
const keyDetails: Readonly<Record<string, string>> = {
  'ecdsa sha256': 'PKIX_ECDSA_P256_SHA_256',
  'ecdsa sha384': 'PKIX_ECDSA_P384_SHA_384',
};

/** Records the signature under the digest of what is signed: of a statement, its pre-authentication encoding. `pem`: certificate or public key. */
export async function recordInRekorV2(
  url: string,
  content: SignatureBundle,
  pem: string,
): Promise<TransparencyLogEntry> {
  const publicKey = createPublicKey(pem);
  const { algorithm, hash } = signingSchemeOf(publicKey, 'the signing key');
  const details = keyDetails[`${algorithm} ${hash}`];
  if (details === undefined || hash === null)
    throw new KeylessError('LOG_REFUSED', 'keys that are recorded in Rekor v2 here are ECDSA on P-256 and P-384');
  const rawBytes = pem.replace(/-----[A-Z ]+-----|\s/g, '');
  const verifier = {
    [pem.includes('CERTIFICATE') ? 'x509Certificate' : 'publicKey']: { rawBytes },
    keyDetails: details,
  };
  const { signature, digest } = signedOf(content, hash);
  const request = {
    hashedRekordRequestV002: {
      digest: digest.toString('base64'),
      signature: { content: signature.toString('base64'), verifier },
    },
  };
  const entry = LogEntry.fromJSON(await post(`${url}/api/v2/log/entries`, request));
  const { logId, kindVersion } = entry;
  if (logId === undefined || kindVersion === undefined)
    throw new KeylessError('LOG_REFUSED', `the log ${url} answered with half an entry: nothing was signed`);
  return { ...entry, logId, kindVersion };
}

function signedOf(content: SignatureBundle, hash: 'sha256' | 'sha384'): { signature: Buffer; digest: Buffer } {
  if (content.$case === 'messageSignature') {
    const { signature, messageDigest } = content.messageSignature;
    return { signature, digest: messageDigest.digest };
  }
  const { payloadType, payload, signatures } = content.dsseEnvelope;
  const digest = createHash(hash).update(preAuthenticationEncoding(payloadType, payload)).digest();
  return { signature: signatures[0]?.sig ?? Buffer.alloc(0), digest };
}

async function post(url: string, body: unknown): Promise<unknown> {
  const { host, protocol } = new URL(url);
  const plainHttpHosts = protocol === 'http:' ? [host] : [];
  const egress = createEgress({ configuredHosts: [host], plainHttpHosts, allowPublicHosts: false });
  try {
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    const answer = await egress.send({
      ...{ method: 'POST', url, headers, body: JSON.stringify(body) },
      // The log takes the same entry twice for one.
      ...{ retries: RETRIES, maxBytes: MAX_ANSWER_BYTES },
    });
    if (answer.status === 408 || answer.status === 429 || answer.status >= 500)
      throw new KeylessError(
        'LOG_UNAVAILABLE',
        `the log ${url} did not take the entry (${answer.status}): nothing was signed`,
      );
    if (answer.status >= 400)
      throw new KeylessError('LOG_REFUSED', `the log ${url} refused the entry (${answer.status}): nothing was signed`);
    const entry = z.looseObject({ canonicalizedBody: z.string() }).safeParse(await answer.body.json());
    if (entry.success) return entry.data;
    throw new KeylessError('LOG_REFUSED', `the log ${url} answered without an entry: nothing was signed`);
  } catch (cause) {
    if (!(cause instanceof EgressError)) throw cause;
    throw new KeylessError('LOG_UNAVAILABLE', `the log did not answer: ${cause.message}: nothing was signed`, {
      cause,
    });
  } finally {
    await egress.close();
  }
}

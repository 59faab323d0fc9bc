import { createPublicKey } from 'node:crypto';
import type { Descriptor } from '../../domain/artifact/descriptor.ts';
import { NotationError } from '../../domain/trust/notation/notation-error.ts';
import type { Signer } from '../../domain/trust/signer.ts';
import { KeyError } from '../sigstore/key-error.ts';
import type { Certificate } from './certificate.ts';
import { chainProblem } from './certificate-chain.ts';
import { ecdsaToP1363 } from './ecdsa-p1363.ts';
import { algorithmOf, attributes, payloadType } from './signature-envelope.ts';

export interface EnvelopeRequest {
  readonly subject: Pick<Descriptor, 'mediaType' | 'digest' | 'size'>;
  /** The signing certificate first, the root last. */
  readonly chain: readonly Certificate[];
  readonly signedAt: Date;
  /** Until when it is meant to count. */
  readonly expiry: Date | undefined;
  /** `pratique/0.1.0` */
  readonly agent: string;
}

/**
 * A JWS envelope as `notation sign` makes it, under `notary.x509`: ECDSA P-256 and P-384 alone, which every place keys are kept in
 * signs as JWS has it. Throws a NotationError (`CHAIN_INVALID`) where nobody could verify it, a KeyError for other keys.
 */
export async function signEnvelope(
  { subject, chain, signedAt, expiry, agent }: EnvelopeRequest,
  signer: Signer,
): Promise<Uint8Array> {
  const key = createPublicKey(signer.publicKeyPem);
  const algorithm = algorithmOf(key);
  if (algorithm !== 'ES256' && algorithm !== 'ES384')
    throw new KeyError('KEY_UNSUPPORTED', 'Notation signatures are made with ECDSA on P-256 or P-384');
  checkChain(chain, signer, signedAt);
  const seconds = (time: Date) => time.toISOString().replace(/\.\d{3}Z$/, 'Z');
  const header = {
    alg: algorithm,
    crit: [attributes.scheme, ...(expiry === undefined ? [] : [attributes.expiry])],
    cty: payloadType,
    ...(expiry === undefined ? {} : { [attributes.expiry]: seconds(expiry) }),
    [attributes.scheme]: 'notary.x509',
    [attributes.signingTime]: seconds(signedAt),
  };
  const { mediaType, digest, size } = subject;
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const [protectedHeader, payload] = [encode(header), encode({ targetArtifact: { mediaType, digest, size } })];
  const signature = await signer.sign(Buffer.from(`${protectedHeader}.${payload}`, 'ascii'));
  const envelope = {
    payload,
    protected: protectedHeader,
    header: { x5c: chain.map(({ x509 }) => x509.raw.toString('base64')), [attributes.agent]: agent },
    signature: ecdsaToP1363(signature, algorithm === 'ES256' ? 32 : 48).toString('base64url'),
  };
  return Buffer.from(JSON.stringify(envelope));
}

function checkChain(chain: readonly Certificate[], signer: Signer, signedAt: Date): void {
  const invalid = (why: string) => new NotationError('CHAIN_INVALID', `of the certificates to sign with ${why}`);
  if (chain[0]?.keyId !== signer.keyId)
    throw invalid('the first is not of this key: put the signing certificate first and the root last');
  const problem = chainProblem(chain, 'code signing');
  if (problem !== undefined) throw invalid(problem);
  const outside = chain.find(({ notBefore, notAfter }) => signedAt < notBefore || signedAt > notAfter);
  if (outside !== undefined)
    throw invalid(
      `${outside.label} is valid from ${outside.notBefore.toISOString()} to ${outside.notAfter.toISOString()}, and not now`,
    );
}

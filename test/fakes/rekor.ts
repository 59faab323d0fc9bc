/** Rekor v1 (rekor/openapi.yaml) and v2 (rekor-tiles/api) on a log of one entry at a time: bodies, promises, proofs and checkpoints as the real ones have them. */
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { p256, p384 } from '@noble/curves/nist.js';
import { canonicalJson } from '../../domain/trust/canonical-json.ts';
import type { FakeAnswer } from './http-server.ts';

export interface FakeRekor {
  /** SPKI in DER. */
  readonly publicKey: Buffer;
  createV1(body: Buffer): FakeAnswer;
  createV2(body: Buffer): FakeAnswer;
}

const sha256 = (...parts: Uint8Array[]) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

interface Proposed {
  readonly kind: string;
  readonly apiVersion: string;
  readonly spec: { readonly proposedContent?: { readonly envelope: string; readonly verifiers: string[] } };
}

interface Envelope {
  readonly payload: string;
  readonly signatures: readonly { readonly sig: string }[];
}

function bodyOfV1(proposed: Proposed): Buffer {
  const content = proposed.spec.proposedContent;
  if (content === undefined) return Buffer.from(canonicalJson(proposed));
  const { payload, signatures } = JSON.parse(content.envelope) as Envelope;
  const hex = (value: Uint8Array) => ({ algorithm: 'sha256', value: sha256(value).toString('hex') });
  return Buffer.from(
    canonicalJson({
      apiVersion: proposed.apiVersion,
      kind: proposed.kind,
      spec: {
        envelopeHash: hex(Buffer.from(content.envelope)),
        payloadHash: hex(Buffer.from(payload, 'base64')),
        signatures: signatures.map(({ sig }) => ({ signature: sig, verifier: content.verifiers[0] })),
      },
    }),
  );
}

interface RequestV2 {
  readonly hashedRekordRequestV002: {
    readonly digest: string;
    readonly signature: {
      readonly content: string;
      readonly verifier: {
        readonly keyDetails: string;
        readonly publicKey?: { readonly rawBytes: string };
        readonly x509Certificate?: { readonly rawBytes: string };
      };
    };
  };
}

const schemes = {
  PKIX_ECDSA_P256_SHA_256: { curve: p256, algorithm: 'SHA2_256', bytes: 32 },
  PKIX_ECDSA_P384_SHA_384: { curve: p384, algorithm: 'SHA2_384', bytes: 48 },
} as const;

/** As rekor-tiles has it (pkg/types/hashedrekord): the signature is over the digest, by the hash that goes with the key. */
function schemeOf({ hashedRekordRequestV002: { digest, signature } }: RequestV2) {
  const { keyDetails, publicKey, x509Certificate } = signature.verifier;
  const scheme = schemes[keyDetails as keyof typeof schemes];
  const der = (raw: string | undefined) => Buffer.from(raw ?? '', 'base64');
  const key: KeyObject =
    x509Certificate === undefined
      ? createPublicKey({ key: der(publicKey?.rawBytes), format: 'der', type: 'spki' })
      : new X509Certificate(der(x509Certificate.rawBytes)).publicKey;
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  const options = { prehash: false, format: 'der', lowS: false } as const;
  const isSigned =
    der(digest).length === scheme.bytes && scheme.curve.verify(der(signature.content), der(digest), point, options);
  return isSigned ? scheme : undefined;
}

function bodyOfV2({ hashedRekordRequestV002: { digest, signature } }: RequestV2, algorithm: string): Buffer {
  const spec = { hashedRekordV002: { data: { algorithm, digest }, signature } };
  return Buffer.from(canonicalJson({ apiVersion: '0.0.2', kind: 'hashedrekord', spec }));
}

export function createRekor(origin: string): FakeRekor {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const logId = sha256(spki);
  const checkpointOf = (name: string, root: Buffer) => {
    const note = `${name}\n1\n${root.toString('base64')}\n`;
    const signature = Buffer.concat([logId.subarray(0, 4), sign('sha256', Buffer.from(note), privateKey)]);
    return `${note}\n\u2014 ${origin} ${signature.toString('base64')}\n`;
  };
  return {
    publicKey: spki,
    createV1(proposed) {
      const body = bodyOfV1(JSON.parse(proposed.toString()) as Proposed);
      const root = sha256(Buffer.of(0), body);
      const promised = {
        body: body.toString('base64'),
        integratedTime: Math.floor(Date.now() / 1000),
        logID: logId.toString('hex'),
        logIndex: 4711,
      };
      const signedEntryTimestamp = sign('sha256', Buffer.from(canonicalJson(promised)), privateKey).toString('base64');
      const checkpoint = checkpointOf(`${origin} - 1234`, root);
      const inclusionProof = { logIndex: 0, rootHash: root.toString('hex'), treeSize: 1, hashes: [], checkpoint };
      const entry = { ...promised, verification: { signedEntryTimestamp, inclusionProof } };
      return { status: 201, body: { [root.toString('hex')]: entry } };
    },
    createV2(request) {
      const asked = JSON.parse(request.toString()) as RequestV2;
      const scheme = schemeOf(asked);
      if (scheme === undefined) return { status: 400, body: { message: 'the signature is not over this digest' } };
      const body = bodyOfV2(asked, scheme.algorithm);
      const root = sha256(Buffer.of(0), body);
      return {
        status: 201,
        body: {
          logIndex: '0',
          logId: { keyId: logId.toString('base64') },
          kindVersion: { kind: 'hashedrekord', version: '0.0.2' },
          inclusionProof: {
            logIndex: '0',
            rootHash: root.toString('base64'),
            treeSize: '1',
            hashes: [],
            checkpoint: { envelope: checkpointOf(origin, root) },
          },
          canonicalizedBody: body.toString('base64'),
        },
      };
    },
  };
}

/** What the API answers about keys, for the transcripts. */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import type { Digest } from '../../../../domain/artifact/digest.ts';
import type { KeyRotation } from '../../../../domain/trust/key-rotation.ts';
import { checkpointText, firstPrevious, keyUseText, type RecordedKeyUse } from '../../../../domain/trust/key-use.ts';
import { predicateTypes } from '../../../../domain/trust/statement.ts';
import type { KeysAnswer } from '../../../../services/cli/api-answers.ts';
import type { UsesPage } from '../../../../services/cli/check-key-uses.ts';
import { ago, webDigest } from './recorded-answers.ts';

const checkpointPair = generateKeyPairSync('ec', { namedCurve: 'P-256' });

export const rotation: KeyRotation = {
  id: 'rot-2026-11-21-5f0c9e1a',
  key: 'admission-prod',
  reason: 'the key leaked',
  requestedBy: 'ada',
  requestedAt: ago(30),
  overlapSeconds: 3600,
  state: 'overlap',
  note: '',
  oldKeys: ['A1='],
  newKey: 'A2=',
  retireAt: ago(-30),
  signed: 41,
  remaining: 0,
  refused: [
    {
      environment: 'prod',
      destination: 'prod/shop/web',
      digest: webDigest as Digest,
      reason: 'it does not pass any more: vulnerabilities: 1 high',
    },
  ],
};

/** Two uses, the newer under a checkpoint by the key of `keysAnswer`. */
export const keyUses = recordedKeyUses();

function recordedKeyUses(): UsesPage {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const items: RecordedKeyUse[] = [];
  for (const [index, statement] of [predicateTypes.vsa, predicateTypes.cosignSignature].entries()) {
    const use = {
      position: index + 1,
      at: `2026-11-21T05:30:0${index}.000000Z`,
      actor: 'pratique-trust@host',
      key: 'admission-prod',
      identity: 'key:A2=',
      statement,
      subject: webDigest,
      signed: sha256(`signed ${index}`),
      signature: sha256(`signature ${index}`),
      workflow: `promotion/prod/shop/web@${webDigest}`,
      run: 'run-1',
      previous: items[0]?.hash ?? firstPrevious,
    };
    items.unshift({ ...use, hash: sha256(keyUseText(use)) });
  }
  const { position, hash, at } = items[0] as RecordedKeyUse;
  const signature = sign('sha256', Buffer.from(checkpointText({ position, hash, at })), checkpointPair.privateKey);
  const checkpoint = { position, hash, at, keyId: 'C1=', signature: signature.toString('base64') };
  return { items, next: null, checkpoints: [checkpoint] };
}

export const keysAnswer: KeysAnswer = {
  own: [
    {
      name: 'checkpoint',
      keyId: 'C1=',
      publicKeyPem: checkpointPair.publicKey.export({ format: 'pem', type: 'spki' }).toString(),
      firstSeen: ago(9000),
      state: 'trusted',
      inUse: true,
      endedAt: null,
      reference: null,
      uses: 0,
      lastUsed: null,
    },
    {
      name: 'evidence',
      keyId: 'E2=',
      publicKeyPem: '-----BEGIN PUBLIC KEY-----\n',
      firstSeen: ago(60),
      state: 'trusted',
      inUse: true,
      endedAt: null,
      reference: null,
      uses: 12,
      lastUsed: ago(2),
    },
    {
      name: 'evidence',
      keyId: 'E1=',
      publicKeyPem: '-----BEGIN PUBLIC KEY-----\n',
      firstSeen: ago(9000),
      state: 'retired',
      inUse: false,
      endedAt: ago(60),
      reference: null,
      uses: 4096,
      lastUsed: ago(61),
    },
  ],
  signers: [
    { name: 'release', identity: 'key:K', state: 'trusted', from: null, until: ago(-7 * 24 * 60) },
    { name: 'ci', identity: 'cert:https://issuer.example|ci', state: 'retiring', from: null, until: null },
  ],
  revocations: [
    {
      kind: 'signer',
      value: 'key:OLD',
      reason: 'laptop stolen',
      revokedBy: 'ada',
      revokedAt: ago(30),
      from: '2026-11-01T00:00:00.000Z',
      incident: null,
      relied: 2,
      fell: [{ repository: 'shop/web', digest: webDigest as Digest, environment: 'prod', live: true }],
      reverified: {
        id: 'rev-2026-11-21-5f0c9e1a',
        kind: 'signer',
        value: 'key:OLD',
        endedAt: ago(29),
        waiting: 0,
        stood: [{ repository: 'shop/web', digest: webDigest as Digest, environment: 'dev', because: 'proof of time' }],
        fell: [
          {
            repository: 'shop/web',
            digest: webDigest as Digest,
            environment: 'prod',
            live: true,
            reason: 'signature: no signature by a trusted signer',
            incident: 'inc-2026-11-21-5f0c9e1a',
          },
        ],
      },
    },
  ],
};

import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import { signEnvelope } from '../../../../adapters/notation/envelope-signer.ts';
import { createNotationVerifier } from '../../../../adapters/notation/notation-verifier.ts';
import { readCertificates } from '../../../../adapters/notation/read-certificates.ts';
import { createLocalSigner } from '../../../../adapters/sigstore/local-signer.ts';
import { parseDistinguishedName } from '../../../../domain/trust/notation/distinguished-name.ts';
import { type Certified, certify, pemOf, rootName, signerName } from '../../../fixtures/notation/authority.ts';
import { subject } from '../../../fixtures/notation/envelopes.ts';

let root: Certified;
let leaf: Certified;
beforeAll(async () => {
  root = await certify({ subject: rootName, ca: {} });
  leaf = await certify({ subject: signerName, issuer: root });
});

const chainOf = (...certified: Certified[]) => readCertificates(pemOf(...certified), 'chain', 'CHAIN_INVALID');
const request = (chain: ReturnType<typeof chainOf>, signedAt = new Date()) => ({
  subject,
  chain,
  signedAt,
  expiry: new Date(signedAt.getTime() + 60_000),
  agent: 'pratique/test',
});
const enforce = 'enforce' as const;
const actions = {
  integrity: enforce,
  authenticity: enforce,
  authenticTimestamp: enforce,
  expiry: enforce,
  revocation: enforce,
};

it('what is signed verifies, about the bytes it names, until it expires', async () => {
  const bytes = await signEnvelope(request(chainOf(leaf, root)), createLocalSigner(leaf.key, 'test'));
  const policy = { actions, verifyTimestamp: 'always', identities: [parseDistinguishedName(signerName)] } as const;
  const trust = { policy, stores: { ca: [pemOf(root)], signingAuthority: [], tsa: undefined } };
  const at = (now: Date) =>
    createNotationVerifier().verify({ mediaType: 'application/jose+json', bytes }, subject, trust, now);
  expect(at(new Date())).toMatchObject({ outcome: 'verified', logged: [] });
  expect(at(new Date(Date.now() + 120_000))).toMatchObject({ code: 'SIGNATURE_EXPIRED' });
});

it('a chain nobody could verify is refused before anything is signed', async () => {
  const signer = createLocalSigner(leaf.key, 'test');
  await expect(signEnvelope(request(chainOf(root, leaf)), signer)).rejects.toMatchObject({ code: 'CHAIN_INVALID' });
  await expect(signEnvelope(request(chainOf(leaf)), signer)).rejects.toThrow(/root is missing/);
  const tomorrow = new Date(Date.now() + 2 * 86_400_000);
  await expect(signEnvelope(request(chainOf(leaf, root), tomorrow), signer)).rejects.toThrow(/not now/);
});

it('keys whose signatures would be none of Notation are refused', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const signer = createLocalSigner(privateKey, 'test');
  await expect(signEnvelope(request(chainOf(leaf, root)), signer)).rejects.toMatchObject({ code: 'KEY_UNSUPPORTED' });
});

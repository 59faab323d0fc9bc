/** What was signed before an outage is kept, and not signed again after it. */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { type Publication, type PublishDependencies, signAll } from '../../../../activities/trust/publish.ts';
import { createBundleSigner } from '../../../../adapters/sigstore/bundle-signer.ts';
import { createFollowingVerifier } from '../../../../adapters/sigstore/following-verifier.ts';
import { parseSigningConfig } from '../../../../adapters/sigstore/keyless/signing-config.ts';
import { createWitnessedSigner } from '../../../../adapters/sigstore/keyless/witnessed-signer.ts';
import { createRegistryEvidenceDesk } from '../../../../adapters/sigstore/registry-evidence-desk.ts';
import { parseTrustRoot } from '../../../../adapters/sigstore/trust-root.ts';
import { mediaTypes } from '../../../../domain/artifact/descriptor.ts';
import { parseDigest } from '../../../../domain/artifact/digest.ts';
import type { SignedBundle } from '../../../../domain/policy/verdict-book.ts';
import { createCosignSignature } from '../../../../domain/trust/cosign-signature.ts';
import type { BundleVerification } from '../../../../domain/trust/evidence.ts';
import type { CertifiedSigner } from '../../../../domain/trust/signer.ts';
import { SigningError } from '../../../../domain/trust/signing-error.ts';
import { predicateTypes } from '../../../../domain/trust/statement.ts';
import { createMemoryRegistry } from '../../../fakes/memory-registry.ts';
import { startSigstore, unsignedToken } from '../../../fakes/sigstore.ts';

const sha256 = (bytes: Uint8Array) => parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
const digest = sha256(Buffer.from('an image'));
const identity = { kind: 'certificate', subject: 'us@example.com', issuer: 'https://issuer.example' } as const;

/** A book of evidence in memory. */
function createBook(): PublishDependencies['evidence'] {
  const kept = new Map<string, SignedBundle>();
  const place = ({ step, keyId }: { step: string; keyId: string }) => `${step} ${keyId}`;
  return {
    signed: async (asked: readonly { step: string; keyId: string }[]) => asked.map((step) => kept.get(place(step))),
    keep: async (made: readonly { step: string; keyId: string; bundle: Uint8Array }[]) =>
      made.map((item) => {
        const bundle = kept.get(place(item)) ?? { bundle: item.bundle, signedAt: '2026-01-01T00:00:00.000Z' };
        kept.set(place(item), bundle);
        return bundle;
      }),
    forget: async (outlived: { step: string; keyId: string }) => void kept.delete(place(outlived)),
  } as unknown as PublishDependencies['evidence'];
}

it('signs what is missing, once', async () => {
  let isAway = true;
  const signed: unknown[] = [];
  const signer: CertifiedSigner = {
    identity,
    async signStatement(statement) {
      const { position } = statement.predicate as { position: number };
      if (isAway && position === 5) throw new SigningError('the log is away', { reason: 'LOG_UNAVAILABLE' });
      signed.push(position);
      return Buffer.from(JSON.stringify(statement));
    },
  };
  const verified = { outcome: 'verified', identity } as const;
  const deps: PublishDependencies = {
    desk: createRegistryEvidenceDesk(createMemoryRegistry().registry),
    evidence: createBook(),
    bundles: createBundleSigner(),
    verifier: {
      verify: async (bytes): Promise<BundleVerification> => ({
        ...verified,
        statement: JSON.parse(Buffer.from(bytes).toString()),
      }),
      trust: () => '',
    },
    sha256,
  };
  const publications = Array.from(
    { length: 12 },
    (_, position): Publication => ({
      step: [predicateTypes.cosignSignature, position],
      subject: { mediaType: mediaTypes.ociManifest, digest, size: 7 },
      signer,
      statement: async () => ({ ...createCosignSignature(digest), predicate: { position } }),
    }),
  );
  await expect(signAll(deps, publications)).rejects.toMatchObject({ code: 'SIGNING_DEFERRED' });
  expect(signed.toSorted()).toEqual([0, 1, 2, 3, 4, 6, 7]);
  isAway = false;
  expect(await signAll(deps, publications)).toMatchObject(publications.map(() => ({ identity })));
  // What failed, and what was not begun.
  expect((signed.slice(7) as number[]).toSorted((a, b) => a - b)).toEqual([5, 8, 9, 10, 11]);
});

it('waits while no trusted root is in force, and signs anew what does not verify under another one', async () => {
  const sigstores = [await startSigstore(), await startSigstore()] as const;
  const roots = sigstores.map(({ trustedRoot }) => parseTrustRoot(Buffer.from(trustedRoot), 'root'));
  let current = 0;
  const source = { kind: 'identity', token: async () => unsignedToken('us@example.com') } as const;
  const signer: CertifiedSigner = {
    identity: { ...identity, issuer: 'https://issuer.example' },
    async signStatement(statement) {
      const config = Buffer.from(sigstores[current]!.signingConfig({ rekor: 2, tsa: true }));
      const endpoints = parseSigningConfig(config, 'config', new Date());
      return createWitnessedSigner({ endpoints, source, trustRoot: roots[current]! }).signStatement(statement);
    },
  };
  const deps: PublishDependencies = {
    desk: createRegistryEvidenceDesk(createMemoryRegistry().registry),
    evidence: createBook(),
    bundles: createBundleSigner(),
    verifier: createFollowingVerifier(() => roots[current]),
    sha256,
  };
  const publication: Publication = {
    step: [predicateTypes.cosignSignature, 'dev'],
    subject: { mediaType: mediaTypes.ociManifest, digest, size: 7 },
    signer,
    statement: async () => createCosignSignature(digest),
  };
  const sign = async () => (await signAll(deps, [publication]))[0]?.bundle;
  const first = await sign();
  expect(await sign()).toEqual(first);
  current = 2;
  await expect(sign()).rejects.toMatchObject({ code: 'SIGNING_DEFERRED' });
  current = 1;
  const second = await sign();
  expect(second).not.toEqual(first);
  expect(await sign()).toEqual(second);
  for (const { stop } of sigstores) await stop();
});

/** What was signed before an outage is kept, and not signed again after it. */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { type Publication, type PublishDependencies, signAll } from '../../../../activities/trust/publish.ts';
import { createBundleSigner } from '../../../../adapters/sigstore/bundle-signer.ts';
import { createRegistryEvidenceDesk } from '../../../../adapters/sigstore/registry-evidence-desk.ts';
import { mediaTypes } from '../../../../domain/artifact/descriptor.ts';
import { parseDigest } from '../../../../domain/artifact/digest.ts';
import type { SignedBundle } from '../../../../domain/policy/verdict-book.ts';
import { createCosignSignature } from '../../../../domain/trust/cosign-signature.ts';
import type { BundleVerification } from '../../../../domain/trust/evidence.ts';
import type { CertifiedSigner } from '../../../../domain/trust/signer.ts';
import { SigningError } from '../../../../domain/trust/signing-error.ts';
import { predicateTypes } from '../../../../domain/trust/statement.ts';
import { createMemoryRegistry } from '../../../fakes/memory-registry.ts';

const sha256 = (bytes: Uint8Array) => parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
const digest = sha256(Buffer.from('an image'));
const identity = { kind: 'certificate', subject: 'us@example.com', issuer: 'https://issuer.example' } as const;

it('signs what is missing, once', async () => {
  const kept = new Map<string, SignedBundle>();
  const place = ({ step, keyId }: { step: string; keyId: string }) => `${step} ${keyId}`;
  const evidence = {
    signed: async (asked: readonly { step: string; keyId: string }[]) => asked.map((step) => kept.get(place(step))),
    keep: async (made: readonly { step: string; keyId: string; bundle: Uint8Array }[]) =>
      made.map((item) => {
        const bundle = kept.get(place(item)) ?? { bundle: item.bundle, signedAt: '2026-01-01T00:00:00.000Z' };
        kept.set(place(item), bundle);
        return bundle;
      }),
  } as unknown as PublishDependencies['evidence'];
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
    evidence,
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

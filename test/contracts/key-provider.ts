/** What every place that keeps keys must do, whichever it is. */
import { createPublicKey } from 'node:crypto';
import { expect, it } from 'vitest';
import type { KeyContext } from '../../adapters/keys/key-provider.ts';
import { openSigner } from '../../adapters/keys/open-signer.ts';
import { createBundleSigner, signMessage } from '../../adapters/sigstore/bundle-signer.ts';
import { createBundleVerifier } from '../../adapters/sigstore/bundle-verifier.ts';
import { keyIdOf } from '../../adapters/sigstore/key-id.ts';
import { parseDigest } from '../../domain/artifact/digest.ts';
import { createCosignSignature } from '../../domain/trust/cosign-signature.ts';

export interface KeptKeys {
  readonly context: KeyContext;
  /** A reference to one key of each kind the place can hold. */
  readonly keys: Readonly<Partial<Record<'P-256' | 'P-384' | 'Ed25519' | 'RSA' | 'RSA-PSS' | 'ML-DSA-65', string>>>;
  /** References and contexts that must fail, with the code they fail with. */
  readonly failures: Readonly<
    Record<string, { readonly reference: string; readonly context?: KeyContext; readonly code: string }>
  >;
  /** What no message may contain. */
  readonly secrets: readonly string[];
}

const digest = parseDigest(`sha256:${'c'.repeat(64)}`);
const file = new TextEncoder().encode('signed by whoever holds the key');

export function describeKeyProvider(
  kinds: readonly (keyof KeptKeys['keys'])[],
  failures: readonly string[],
  kept: () => KeptKeys,
): void {
  const open = (kind: keyof KeptKeys['keys']) => openSigner(kept().keys[kind] ?? '', kept().context);

  it.each(kinds)('%s: signs statements and files that verify under its public key alone', async (kind) => {
    const signer = await open(kind);
    expect(signer.keyId).toBe(keyIdOf(createPublicKey(signer.publicKeyPem)));
    const trusted = { keys: [signer.publicKeyPem] };
    const verifier = createBundleVerifier();
    const statement = await createBundleSigner().sign(createCosignSignature(digest), signer);
    expect(await verifier.verify(statement, digest, trusted)).toMatchObject({ identity: { keyId: signer.keyId } });
    const message = await signMessage(file, signer);
    expect(await verifier.verifyMessage(message, file, trusted)).toMatchObject({ outcome: 'verified' });
  });

  it.each(kinds)('%s: eight signatures at once', async (kind) => {
    const signer = await open(kind);
    const bundles = await Promise.all(Array.from({ length: 8 }, (_, at) => signMessage(Uint8Array.of(at), signer)));
    const verifier = createBundleVerifier();
    for (const [at, bundle] of bundles.entries())
      expect(await verifier.verifyMessage(bundle, Uint8Array.of(at), { keys: [signer.publicKeyPem] })).toMatchObject({
        outcome: 'verified',
      });
  });

  it.each(failures)('%s: says so, and no secret', async (name) => {
    const { failures: expected, context, secrets } = kept();
    const { reference, context: own, code } = expected[name]!;
    const failure: unknown = await (async () => {
      const signer = await openSigner(reference, own ?? context);
      await signer.sign(file);
    })().catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'KeyError', code });
    for (const secret of secrets) expect((failure as Error).message).not.toContain(secret);
  });
}

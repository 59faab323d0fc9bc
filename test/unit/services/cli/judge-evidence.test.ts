import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../../adapters/oci/digest-of.ts';
import { createBundleSigner, signMessage } from '../../../../adapters/sigstore/bundle-signer.ts';
import { createBundleVerifier, type SigstoreVerifier } from '../../../../adapters/sigstore/bundle-verifier.ts';
import { createLocalSigner } from '../../../../adapters/sigstore/local-signer.ts';
import { createCosignSignature } from '../../../../domain/trust/cosign-signature.ts';
import { parseIdentityPattern } from '../../../../domain/trust/identity-pattern.ts';
import { createStatement, predicateTypes } from '../../../../domain/trust/statement.ts';
import { formatEvidence } from '../../../../services/cli/evidence-table.ts';
import { judgeEvidence, type WantedEvidence } from '../../../../services/cli/judge-evidence.ts';

const signer = createLocalSigner(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'test');
const bytes = new TextEncoder().encode('a file');
const digest = sha256(bytes);
const file = { kind: 'file', name: 'f', digest, bytes } as const;
const wanted: WantedEvidence = {
  verifier: createBundleVerifier(),
  trusted: { keys: [signer.publicKeyPem] },
  predicateTypes: [predicateTypes.cosignSignature],
  certificate: undefined,
};
const sbom = { ...wanted, predicateTypes: [predicateTypes.cycloneDx] };
const signature = await createBundleSigner().sign(createCosignSignature(digest), signer);
const attestation = await createBundleSigner().sign(createStatement(digest, predicateTypes.cycloneDx, {}), signer);
const message = await signMessage(bytes, signer);

describe('evidence about a file', () => {
  it.each([
    [
      'a statement of the type wanted',
      signature,
      wanted,
      { outcome: 'verified', predicateType: predicateTypes.cosignSignature },
    ],
    ['a statement of another type', attestation, wanted, { outcome: 'other', predicateType: predicateTypes.cycloneDx }],
    ['a signature over its bytes', message, wanted, { outcome: 'verified' }],
    // A signature is not an SBOM.
    ['a signature where an SBOM is wanted', message, sbom, { outcome: 'rejected', code: 'BUNDLE_UNSUPPORTED' }],
    ['a statement where an SBOM is wanted', attestation, sbom, { outcome: 'verified' }],
    ['nothing', new Uint8Array(), wanted, { outcome: 'rejected', code: 'BUNDLE_MALFORMED' }],
  ])('%s', async (_name, bundle, want, expected) => {
    expect(await judgeEvidence({ source: 's', bytes: bundle }, file, want)).toMatchObject({ source: 's', ...expected });
  });
});

it('a signature over bytes says nothing about an image of that digest', async () => {
  const image = { kind: 'digest', name: 'r/i', digest } as const;
  expect(await judgeEvidence({ source: 's', bytes: message }, image, wanted)).toMatchObject({ outcome: 'rejected' });
});

describe('a certificate that verifies', () => {
  const identity = { kind: 'certificate', subject: 'ci@example', issuer: 'https://issuer.example' } as const;
  const verifier: SigstoreVerifier = {
    ...wanted.verifier,
    verifyDigests: async () => ({ outcome: 'verified', identity, statement: createCosignSignature(digest) }),
  };

  it.each([
    [
      'is that of the identity asked for',
      { subject: 'ci@example', issuer: 'https://issuer.example' },
      { outcome: 'verified' },
    ],
    [
      'has another subject',
      { subject: 'ci@example.com', issuer: 'https://issuer.example' },
      { code: 'IDENTITY_MISMATCH' },
    ],
    [
      'has another issuer',
      { subject: 'ci@example', issuer: 'https://issuer.example.com' },
      { code: 'ISSUER_MISMATCH' },
    ],
    ['was not asked for', undefined, { code: 'SIGNER_UNKNOWN' }],
  ])('and %s', async (_name, certificate, outcome) => {
    const pattern = parseIdentityPattern({
      certificateIdentity: certificate?.subject,
      certificateOidcIssuer: certificate?.issuer,
    });
    const judged = await judgeEvidence({ source: 's', bytes: signature }, file, {
      ...wanted,
      verifier,
      certificate: pattern,
    });
    expect(judged).toMatchObject(outcome);
  });
});

it('is shown a line each, with a sentence at the end', () => {
  const shown = formatEvidence('r/i@sha256:1', 'T', [
    { source: 'sha256:a', outcome: 'verified', signer: 'key:K', predicateType: 'T' },
    { source: 'sha256:b', outcome: 'other', signer: 'key:K', predicateType: 'U' },
    { source: 'sha256:c', outcome: 'rejected', code: 'SIGNER_UNKNOWN', reason: 'nobody' },
  ]);
  expect(shown).toBe(
    'r/i@sha256:1\n  verified  sha256:a  T  key:K\n  other     sha256:b  U  key:K\n  rejected  sha256:c  SIGNER_UNKNOWN: nobody\nVerified: 1 of 3 bundles is T by a trusted signer.\n',
  );
  const nobody = formatEvidence('f', 'T', []);
  expect(nobody).toContain('Not verified');
  expect(nobody).toMatch(/What to do:\n {2}.+have it signed/);
  const proof = {
    times: [{ at: '2026-01-01T00:00:00.000Z', by: 'timestamp-authority' as const }],
    logs: [{ log: 'https://log.example', index: '7', kind: 'dsse/0.0.1' }],
  };
  expect(
    formatEvidence('f', 'T', [{ source: 'b', outcome: 'verified', signer: 'key:K', predicateType: 'T', proof }]),
  ).toBe(
    [
      'f',
      '  verified  b  T  key:K',
      '              signed: 2026-01-01T00:00:00.000Z, as a timestamp authority says',
      '              logged: https://log.example, entry 7 (dsse/0.0.1)',
      'Verified: 1 of 1 bundle is T by a trusted signer.',
      '',
    ].join('\n'),
  );
  const nothing = formatEvidence('f', 'T', [
    { source: 'sha256:b', outcome: 'other', signer: 'key:K', predicateType: 'U' },
    { source: 'sha256:c', outcome: 'rejected', code: 'SIGNER_UNKNOWN', reason: 'nobody' },
    { source: 'sha256:d', outcome: 'rejected', code: 'SIGNER_UNKNOWN', reason: 'nobody' },
  ]);
  expect(nothing.split('What to do:\n')[1]).toMatch(
    /^ {2}SIGNER_UNKNOWN: find out .+\n {2}ask for what is there: --type U\n$/,
  );
});

/** sigstore-conformance's bundle-verify cases, in its client protocol: `_fail` in a name means that it must be rejected. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../../adapters/oci/digest-of.ts';
import { parseTrustRoot } from '../../../../adapters/sigstore/trust-root.ts';
import { testData } from '../../../fixtures/test-data.ts';
import { runCommand } from '../../services/cli/run-command.ts';

const vectors = testData('vectors.tar.gz');
const bundles = testData('bundles.tar.gz');
const folder = `${vectors}/sigstore-conformance/bundle-verify`;
const beacon =
  'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main';

/** Of each case that must be rejected, the reason that fits it. */
const reasons: Readonly<Record<string, string>> = {
  'bundle-empty-certificate-chain_fail': 'BUNDLE_MALFORMED',
  'bundle-invalid-base64-signature_fail': 'BUNDLE_MALFORMED',
  'bundle-negative-log-index_fail': 'LOG_ENTRY_INVALID',
  'bundle-with-root-cert_fail': 'BUNDLE_MALFORMED',
  'checkpoint-bad-keyhint_fail': 'LOG_ENTRY_INVALID',
  'dsse-invalid-sig_fail': 'SIGNATURE_INVALID',
  'dsse-mismatch-sig_fail': 'LOG_ENTRY_MISMATCH',
  'inclusion-proof-corrupted-hash_fail': 'LOG_ENTRY_INVALID',
  'integrated-time-in-future_fail': 'CERTIFICATE_EXPIRED',
  'intoto-log-entry-mismatch_fail': 'LOG_ENTRY_MISMATCH',
  'intoto-set-outside-signing-cert-validity_fail': 'CERTIFICATE_EXPIRED',
  'invalid-ct-key_fail': 'SCT_INVALID',
  'managed-key-no-key_fail': 'KEYRING_EMPTY',
  'message-digest-mismatch_fail': 'SUBJECT_MISMATCH',
  'rekor2-checkpoint-missing-log-signature_fail': 'LOG_ENTRY_INVALID',
  'rekor2-checkpoint-missing-root-hash_fail': 'LOG_ENTRY_INVALID',
  'rekor2-dsse-invalid-sig_fail': 'SIGNATURE_INVALID',
  'rekor2-dsse-mismatch-sig_fail': 'LOG_ENTRY_MISMATCH',
  'rekor2-no-inclusion-proof_fail': 'BUNDLE_MALFORMED',
  'rekor2-timestamp-outside-trust-root-tsa-validity_fail': 'TIMESTAMP_INVALID',
  'rekor2-timestamp-payload-mismatch_fail': 'TIMESTAMP_INVALID',
  'rekor2-timestamp-untrusted-tsa-without-embedded-cert_fail': 'TIMESTAMP_INVALID',
  'signature-mismatch_fail': 'SIGNATURE_INVALID',
  'wrong-hashedrekord-artifact_fail': 'LOG_ENTRY_MISMATCH',
  'wrong-hashedrekord-entry_fail': 'LOG_ENTRY_MISMATCH',
};

async function verifyCase(name: string, as: 'path' | 'digest' = 'path') {
  const own = (file: string) => `${folder}/${name}/${file}`;
  const read = (file: string) => (existsSync(own(file)) ? readFileSync(own(file), 'utf8').trim() : undefined);
  const signer = existsSync(own('key.pub'))
    ? ['--key', own('key.pub')]
    : [
        ...['--certificate-identity', read('identity') ?? beacon],
        ...['--certificate-oidc-issuer', read('issuer') ?? 'https://token.actions.githubusercontent.com'],
      ];
  const root = existsSync(own('trusted_root.json')) ? own('trusted_root.json') : `${bundles}/trusted_root.json`;
  const file = existsSync(own('artifact')) ? own('artifact') : `${folder}/a.txt`;
  const bundle = ['--bundle', own('bundle.sigstore.json')];
  return runCommand([
    'conformance',
    'verify-bundle',
    ...bundle,
    ...signer,
    '--trusted-root',
    root,
    as === 'path' ? file : sha256(readFileSync(file)),
  ]);
}

describe.skipIf(vectors === undefined || bundles === undefined)('sigstore-conformance', () => {
  const cases =
    vectors === undefined
      ? []
      : readdirSync(folder, { withFileTypes: true })
          .filter((entry) => entry.isDirectory())
          .map((entry) => entry.name);

  it('has its cases', () => {
    expect(cases.length).toBeGreaterThan(30);
  });

  it.each(cases.filter((name) => name.endsWith('_fail')))('rejects %s', async (name) => {
    const { code, stderr } = await verifyCase(name);
    expect(await verifyCase(name, 'digest')).toMatchObject({ code: 1 });
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^[A-Z_]+: .{20,}\n$/) as string });
    expect(stderr.split(':')[0]).toBe(reasons[name]);
  });

  it.each(cases.filter((name) => !name.endsWith('_fail')))('accepts %s', async (name) => {
    expect(await verifyCase(name)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await verifyCase(name, 'digest')).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

describe.skipIf(bundles === undefined)('a trusted root', () => {
  const text = bundles === undefined ? '{}' : readFileSync(`${bundles}/trusted_root.json`, 'utf8');

  it.each([
    ['no JSON', 'hello'],
    ['no media type', '{}'],
    ['a log without a key', text.replace('"publicKey"', '"publikKey"')],
    ['a certificate that is none', text.replace(/"rawBytes": ?"MIIB/, '"rawBytes":"AAAA')],
  ])('with %s is refused, by name', (_name, changed) => {
    expect(() => parseTrustRoot(new TextEncoder().encode(changed), 'root.json')).toThrow(/^root\.json: /);
  });
});

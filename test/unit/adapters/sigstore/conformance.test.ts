/** sigstore-conformance's bundle-verify cases: `_fail` in a name means that it must be rejected. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createBundleVerifier } from '../../../../adapters/sigstore/bundle-verifier.ts';
import { parseTrustRoot } from '../../../../adapters/sigstore/trust-root.ts';
import { parseDigest } from '../../../../domain/artifact/digest.ts';
import { testData } from '../../../fixtures/test-data.ts';

const vectors = testData('vectors.tar.gz');
const bundles = testData('bundles.tar.gz');
const folder = `${vectors}/sigstore-conformance/bundle-verify`;
const defaultIdentity = {
  kind: 'certificate',
  subject:
    'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main',
  issuer: 'https://token.actions.githubusercontent.com',
};

async function verifyCase(name: string) {
  const own = (file: string) => `${folder}/${name}/${file}`;
  const root = existsSync(own('trusted_root.json')) ? own('trusted_root.json') : `${bundles}/trusted_root.json`;
  const artifact = readFileSync(existsSync(own('artifact')) ? own('artifact') : `${folder}/a.txt`);
  const keys = existsSync(own('key.pub')) ? [readFileSync(own('key.pub'), 'utf8')] : [];
  const bundle = readFileSync(own('bundle.sigstore.json'));
  const verifier = createBundleVerifier(parseTrustRoot(readFileSync(root), root));
  const result = bundle.includes('dsseEnvelope')
    ? await verifier.verify(bundle, parseDigest(`sha256:${createHash('sha256').update(artifact).digest('hex')}`), {
        keys,
      })
    : await verifier.verifyMessage(bundle, artifact, { keys });
  return { result, hasKey: keys.length > 0, identityFile: own('identity') };
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
    expect((await verifyCase(name)).result.outcome).toBe('rejected');
  });

  it.each(cases.filter((name) => !name.endsWith('_fail')))('accepts %s', async (name) => {
    const { result, hasKey, identityFile } = await verifyCase(name);
    const subject = existsSync(identityFile) ? readFileSync(identityFile, 'utf8').trim() : defaultIdentity.subject;
    expect(result).toMatchObject({
      outcome: 'verified',
      identity: hasKey ? { kind: 'key' } : { ...defaultIdentity, subject },
    });
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

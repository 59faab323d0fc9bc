/** Bundles others made: sigstore-js, -go, -python, npm, GitHub. Each is accepted under its own trusted root, or refused for what is wrong with it. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createBundleVerifier } from '../../../../adapters/sigstore/bundle-verifier.ts';
import { parseTrustRoot } from '../../../../adapters/sigstore/trust-root.ts';
import type { DigestSet, Statement } from '../../../../domain/trust/statement.ts';
import { testData } from '../../../fixtures/test-data.ts';

const vectors = testData('vectors.tar.gz');
const bundles = testData('bundles.tar.gz');
const npmKey = bundles === undefined ? '' : readFileSync(`${bundles}/npm/publish_key.pub`, 'utf8');

const roots = {
  'public good': `${bundles}/trusted_root.json`,
  staging: `${vectors}/sigstore-python/sigstore/_store/https%3A%2F%2Ftuf-repo-cdn.sigstage.dev/trusted_root.json`,
};
type Root = keyof typeof roots;

function verifierOf(root: Root) {
  return createBundleVerifier(parseTrustRoot(readFileSync(roots[root]), root));
}

const digestsOf = (file: Uint8Array): DigestSet => ({
  sha256: createHash('sha256').update(file).digest('hex'),
  sha512: createHash('sha512').update(file).digest('hex'),
});

async function judge(root: Root, bundle: Uint8Array, file: string) {
  const bytes = readFileSync(file);
  const statement = await verifierOf(root).verifyDigests(bundle, digestsOf(bytes), { keys: [npmKey] });
  return statement.outcome === 'rejected' && statement.code === 'BUNDLE_UNSUPPORTED'
    ? verifierOf(root).verifyMessage(bundle, bytes, { keys: [npmKey] })
    : statement;
}

const npm = `${bundles}/npm`;
const python = `${vectors}/sigstore-python/test/assets`;

describe.skipIf(vectors === undefined || bundles === undefined)('bundles of others', () => {
  it.each<[bundle: string, file: string, root: Root, expected: string]>([
    [`${npm}/bundle-provenance.json`, `${npm}/sigstore-1.3.0.tgz`, 'public good', 'release.yml@refs/heads/main'],
    [`${npm}/bundle-publish.json`, `${npm}/sigstore-1.3.0.tgz`, 'public good', 'key'],
    [`${npm}/sigstore-js-2.1.0-bundle.json`, `${npm}/sigstore-2.1.0.tgz`, 'public good', 'release.yml@refs/heads/main'],
    [
      `${npm}/sigstore-js-2.1.0-bundle-v0.1.json`,
      `${npm}/sigstore-2.1.0.tgz`,
      'public good',
      'release.yml@refs/heads/main',
    ],
    [`${npm}/bundle-provenance.json`, `${npm}/sigstore-2.1.0.tgz`, 'public good', 'SUBJECT_MISMATCH'],
    [`${python}/bundle.txt.sigstore`, `${python}/bundle.txt`, 'staging', 'a@tny.town'],
    [`${python}/bundle_v3.txt.sigstore`, `${python}/bundle_v3.txt`, 'staging', 'william@yossarian.net'],
    [`${python}/bundle_v3_alt.txt.sigstore`, `${python}/bundle_v3_alt.txt`, 'staging', 'william@yossarian.net'],
    [
      `${python}/bundle_v3_github.whl.sigstore`,
      `${python}/bundle_v3_github.whl`,
      'public good',
      'release.yml@refs/tags/v0.1.2',
    ],
    [`${python}/staging-rekor-v2.txt.sigstore.json`, `${python}/staging-rekor-v2.txt`, 'staging', 'jku@goto.fi'],
    [`${python}/bundle_v3.txt.sigstore`, `${python}/bundle_v3.txt`, 'public good', 'CERTIFICATE_INVALID'],
    [
      `${python}/bundle_cve_2022_36056.txt.sigstore`,
      `${python}/bundle_cve_2022_36056.txt`,
      'staging',
      'LOG_ENTRY_MISMATCH',
    ],
    [
      `${python}/bundle_invalid_version.txt.sigstore`,
      `${python}/bundle_invalid_version.txt`,
      'staging',
      'BUNDLE_MALFORMED',
    ],
    [`${python}/bundle_no_cert_v1.txt.sigstore`, `${python}/bundle_no_cert_v1.txt`, 'staging', 'BUNDLE_MALFORMED'],
    [
      `${python}/bundle_no_checkpoint.txt.sigstore`,
      `${python}/bundle_no_checkpoint.txt`,
      'staging',
      'BUNDLE_MALFORMED',
    ],
    [`${python}/bundle_no_log_entry.txt.sigstore`, `${python}/bundle_no_log_entry.txt`, 'staging', 'TIMESTAMP_MISSING'],
    [
      `${python}/bundle_v3_no_signed_time.txt.sigstore.json`,
      `${python}/bundle_v3_no_signed_time.txt`,
      'staging',
      'TIMESTAMP_MISSING',
    ],
    [`${python}/tsa/bundle.many_timestamp.sigstore`, `${python}/tsa/bundle.txt`, 'staging', 'BUNDLE_MALFORMED'],
    [`${python}/tsa/bundle.txt.sigstore`, `${python}/tsa/bundle.txt`, 'staging', 'TIMESTAMP_INVALID'],
  ])('%s about %s under %s: %s', async (bundle, file, root, expected) => {
    const result = await judge(root, readFileSync(bundle), file);
    if (result.outcome === 'rejected') expect(result.code).toBe(expected);
    else if (result.identity.kind === 'key') expect('key').toBe(expected);
    else expect(result.identity.subject.endsWith(expected), result.identity.subject).toBe(true);
  });

  /** What npm's attestations endpoint answered, and the same with one signature spoilt. */
  it.each([
    ['gundam-visor-cli-v1-tag', 'verified', 'verified'],
    ['gundam-visor-cli-v1-tag-invalidsigprov', 'SIGNATURE_INVALID', 'verified'],
    ['gundam-visor-cli-v1-tag-invalidsigpub', 'verified', 'SIGNER_UNKNOWN'],
    ['provenance-npm-test-cli-v02-prega', 'verified', 'verified'],
    ['provenance-npm-test-cli-v02-prega-invalidsigprov', 'SIGNATURE_INVALID', 'verified'],
    ['provenance-npm-test-cli-v02-prega-invalidsigpub', 'verified', 'SIGNER_UNKNOWN'],
    ['provenance-npm-test-cli-v1-prega', 'verified', 'verified'],
    ['provenance-npm-test-cli-v1-prega-invalidsigprov', 'SIGNATURE_INVALID', 'verified'],
    ['provenance-npm-test-cli-v1-prega-invalidsigpub', 'verified', 'SIGNER_UNKNOWN'],
  ])('npm: %s: provenance %s, publication %s', async (name, provenance, publication) => {
    const { attestations } = JSON.parse(readFileSync(`${npm}/${name}.tgz.json`, 'utf8')) as NpmAnswer;
    const outcomes = await Promise.all(
      attestations.map(async ({ predicateType, bundle }) => {
        const result = await judge('public good', Buffer.from(JSON.stringify(bundle)), `${npm}/${name}.tgz`);
        const outcome = result.outcome === 'verified' ? 'verified' : result.code;
        return [predicateType.includes('provenance') ? 'provenance' : 'publication', outcome];
      }),
    );
    expect(Object.fromEntries(outcomes)).toEqual({ provenance, publication });
  });

  it.each(jsBundles())('sigstore-js: %s', async (file) => {
    const bytes = readFileSync(`${vectors}/sigstore-js/tests/bundles/${file}`);
    const { dsseEnvelope } = JSON.parse(bytes.toString()) as { dsseEnvelope: { payload: string } };
    const { subject } = JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString()) as Statement;
    const verified = await verifierOf('public good').verifyDigests(bytes, subject[0]!.digest, { keys: [] });
    expect(verified).toMatchObject({ outcome: 'verified', identity: { subject: 'brian@dehamer.com' } });
  });
});

interface NpmAnswer {
  readonly attestations: readonly { readonly predicateType: string; readonly bundle: unknown }[];
}

function jsBundles(): string[] {
  if (vectors === undefined) return [];
  return readdirSync(`${vectors}/sigstore-js/tests/bundles`).filter((name) => name.endsWith('.sigstore'));
}

/** Packages as their registries hand them out, with what npm, PyPI and GitHub answer for them; and twins that were tampered with. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testData } from '../../../fixtures/test-data.ts';
import { runCommand } from './run-command.ts';

const data = testData('bundles.tar.gz');
const GITHUB = 'https://token.actions.githubusercontent.com';

interface Verified {
  readonly verified: boolean;
  readonly evidence: readonly { readonly outcome: string; readonly code?: string; readonly provenance?: object }[];
}

describe.skipIf(data === undefined)('pratique verify of a package', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'pratique-packages-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  async function verify(file: string, bundle: string, type: string, identity: string, ...more: string[]) {
    const ran = await runCommand(
      [
        ...['verify', file, '--bundle', bundle, '--type', type, '--trusted-root', `${data}/trusted_root.json`],
        ...['--certificate-identity-regexp', identity, '--certificate-oidc-issuer', GITHUB, '-o', 'json', ...more],
      ],
      { cwd: dir },
    );
    return { code: ran.code, answer: JSON.parse(ran.stdout || '{"evidence":[]}') as Verified, stderr: ran.stderr };
  }
  const npm = (name: string) => `${data}/npm/${name}`;
  const anyone = '^https://github\\.com/.*$';

  it.each([
    ['gundam-visor-cli-v1-tag.tgz', 2],
    ['provenance-npm-test-cli-v1-prega.tgz', 2],
    ['provenance-npm-test-cli-v02-prega.tgz', 1],
  ])('npm: %s', async (name, level) => {
    const { code, answer } = await verify(npm(name), npm(`${name}.json`), 'slsaprovenance', anyone);
    expect(code).toBe(0);
    const provenance = answer.evidence.find(({ outcome }) => outcome === 'verified')?.provenance;
    expect(provenance).toMatchObject({
      source: {
        repository: expect.stringMatching(/^https:\/\/github\.com\//),
        commit: expect.stringMatching(/^[0-9a-f]{40}$/),
      },
      entryPoint: expect.stringMatching(/^\.github\/workflows\//),
      slsa: { level, whyNotHigher: expect.arrayContaining([expect.anything()]) },
    });
  });

  it.each([
    ['gundam-visor-cli-v1-tag-invalidsigprov.tgz'],
    ['provenance-npm-test-cli-v1-prega-invalidsigprov.tgz'],
    ['provenance-npm-test-cli-v02-prega-invalidsigprov.tgz'],
  ])('npm, tampered: %s', async (name) => {
    const { code, answer } = await verify(npm(name), npm(`${name}.json`), 'slsaprovenance', anyone);
    expect(code).toBe(1);
    expect(answer.evidence.every(({ outcome }) => outcome !== 'verified')).toBe(true);
  });

  const visor = 'gundam-visor-cli-v1-tag.tgz';
  it.each<[string, string[], string]>([
    ['another source', ['--source-uri', 'https://github.com/evil/*'], 'PROVENANCE_UNEXPECTED'],
    ['another ref', ['--source-ref', 'refs/heads/release'], 'PROVENANCE_UNEXPECTED'],
    ['another commit', ['--source-commit', 'a'.repeat(40)], 'PROVENANCE_UNEXPECTED'],
    ['another builder', ['--builder-id', 'https://evil.example'], 'PROVENANCE_UNEXPECTED'],
    ['another entry point', ['--entry-point', 'evil.yml'], 'PROVENANCE_UNEXPECTED'],
    ['more than it shows', ['--build-level', '3'], 'BUILD_LEVEL_TOO_LOW'],
  ])('npm, and %s is wanted', async (_name, flags, expected) => {
    const { code, answer } = await verify(npm(visor), npm(`${visor}.json`), 'slsaprovenance', anyone, ...flags);
    expect(code).toBe(1);
    expect(answer.evidence.map((one) => one.code)).toContain(expected);
  });

  it('npm, another tarball', async () => {
    const { code, answer } = await verify(npm('sigstore-1.3.0.tgz'), npm(`${visor}.json`), 'slsaprovenance', anyone);
    expect(code).toBe(1);
    expect(answer.evidence.map((one) => one.code)).toContain('SUBJECT_MISMATCH');
  });

  const pypi = (name: string) => `${data}/pypi/${name}`;
  const publish = 'https://docs.pypi.org/attestations/publish/v1';
  const forAttestations = '^https://github\\.com/(?:trailofbits|pypi)/pypi-attestations?/.*$';

  it('PyPI: an attestation, and a provenance object', async () => {
    const file = pypi('pypi_attestations-0.0.19.tar.gz');
    for (const form of ['publish.attestation', 'provenance'])
      expect(await verify(file, `${file}.${form}`, publish, forAttestations), form).toMatchObject({ code: 0 });
    expect(await verify(file, `${file}.slsa.attestation`, 'slsaprovenance', forAttestations)).toMatchObject({
      code: 0,
    });
  });

  it('PyPI, tampered: the file, the statement, the signature', async () => {
    const file = pypi('pypi_attestations-0.0.19.tar.gz');
    const attestation = JSON.parse(readFileSync(`${file}.publish.attestation`, 'utf8')) as {
      envelope: { statement: string; signature: string };
    };
    const other = path.join(dir, 'pypi_attestations-0.0.19.tar.gz');
    await writeFile(other, Buffer.concat([readFileSync(file), Buffer.from([0])]));
    expect(await verify(other, `${file}.publish.attestation`, publish, forAttestations)).toMatchObject({ code: 1 });
    const statement = Buffer.from(attestation.envelope.statement, 'base64')
      .toString()
      .replace('publish/v1', 'publish/v2');
    for (const envelope of [
      { ...attestation.envelope, statement: Buffer.from(statement).toString('base64') },
      { ...attestation.envelope, signature: Buffer.from('MEUCIQ').toString('base64') },
    ]) {
      const tampered = path.join(dir, 'tampered.attestation');
      await writeFile(tampered, JSON.stringify({ ...attestation, envelope }));
      expect(await verify(file, tampered, publish, forAttestations)).toMatchObject({ code: 1 });
    }
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseDigest } from '../../../../domain/artifact/digest.ts';
import { readProvenance } from '../../../../domain/trust/read-provenance.ts';
import { createStatement, statementSchema } from '../../../../domain/trust/statement.ts';
import { testData } from '../../../fixtures/test-data.ts';

const digest = parseDigest(`sha256:${'a'.repeat(64)}`);
const commit = '26d16513386ffaa790b1c32f927544f1322e4194';
const v1 = (definition: object, details: object = {}) =>
  createStatement(digest, 'https://slsa.dev/provenance/v1', {
    buildDefinition: { buildType: 'https://t.example', externalParameters: {}, ...definition },
    runDetails: { builder: { id: 'https://b.example' }, ...details },
  });
const git = (uri: string, value = commit) => ({ uri, digest: { gitCommit: value } });

describe('SLSA v1', () => {
  it.each([
    [
      'the only repository',
      { resolvedDependencies: [git('git+https://h.example/o/n@refs/heads/main')] },
      'https://h.example/o/n',
      commit,
    ],
    [
      'the one the workflow names',
      {
        externalParameters: { workflow: { repository: 'https://h.example/o/n.git' } },
        resolvedDependencies: [
          git('git+https://h.example/x/y', 'b'.repeat(40)),
          git('git+https://h.example/o/n@refs/tags/v1'),
        ],
      },
      'https://h.example/o/n',
      commit,
    ],
    // A commit of another repository must not be taken for the source's.
    [
      'a named one without a commit',
      {
        externalParameters: { workflow: { repository: 'https://h.example/o/n' } },
        resolvedDependencies: [git('git+https://h.example/x/y')],
      },
      'https://h.example/o/n',
      undefined,
    ],
    [
      'two repositories and no name',
      { resolvedDependencies: [git('git+https://h.example/o/n'), git('git+https://h.example/x/y')] },
      undefined,
      undefined,
    ],
    [
      'two commits of the named one',
      {
        externalParameters: { source: { repository: 'https://h.example/o/n' } },
        resolvedDependencies: [git('git+https://h.example/o/n'), git('git+https://h.example/o/n', 'b'.repeat(40))],
      },
      'https://h.example/o/n',
      undefined,
    ],
    [
      'an image among the inputs',
      {
        resolvedDependencies: [
          { uri: 'pkg:docker/debian@12', digest: { sha1: 'd'.repeat(40) } },
          git('git+ssh://git@h.example/o/n'),
        ],
      },
      'ssh://git@h.example/o/n',
      commit,
    ],
    ['a short commit', { resolvedDependencies: [git('git+https://h.example/o/n', 'abc')] }, undefined, undefined],
    ['nothing', {}, undefined, undefined],
  ])('%s', (_name, definition, repository, expectedCommit) => {
    const facts = readProvenance(v1(definition));
    expect(facts?.builderId).toBe('https://b.example');
    expect(facts?.sourceRepository).toBe(repository);
    expect(facts?.commit).toBe(expectedCommit);
  });

  it.each([
    ['by name', { node: '24.1.0', go: '1.24.1' }, ['go 1.24.1', 'node 24.1.0']],
    ['none', {}, undefined],
    ['no map, which hides nothing else', 'v1', undefined],
  ])('tools of the builder: %s', (_name, version, toolchain) => {
    const facts = readProvenance(v1({}, { builder: { id: 'https://b.example', version } }));
    expect(facts).toMatchObject({ builderId: 'https://b.example' });
    expect(facts?.toolchain).toEqual(toolchain);
  });

  it('takes no host from anything but the byproduct of that name', () => {
    const facts = readProvenance(v1({}, { byproducts: [{ name: 'log', annotations: { host: 'x' } }] }));
    expect(facts).toEqual({ builderId: 'https://b.example', buildType: 'https://t.example' });
  });
});

describe('no facts', () => {
  it.each([
    ['another predicate', createStatement(digest, 'https://cyclonedx.org/bom', {})],
    ['an empty predicate', createStatement(digest, 'https://slsa.dev/provenance/v1', {})],
    ['a predicate that is a text', createStatement(digest, 'https://slsa.dev/provenance/v0.2', 'text')],
    [
      'a builder that is no text',
      createStatement(digest, 'https://slsa.dev/provenance/v0.2', { builder: { id: 7 }, buildType: 'x' }),
    ],
  ])('%s', (_name, statement) => {
    expect(readProvenance(statement)).toBeUndefined();
  });
});

const data = testData('bundles.tar.gz');

/** File and DSSE payload of every SLSA provenance in npm's replies. */
function npmProvenances(folder: string): [string, string][] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.tgz.json'))
    .flatMap((file) => {
      const reply = JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) as {
        attestations: { predicateType: string; bundle: { dsseEnvelope: { payload: string } } }[];
      };
      return reply.attestations
        .filter(({ predicateType }) => predicateType.startsWith('https://slsa.dev/provenance/'))
        .map(({ bundle }): [string, string] => [file, bundle.dsseEnvelope.payload]);
    });
}

describe.skipIf(data === undefined)('real provenance from npm', () => {
  const payloads = data === undefined ? [] : npmProvenances(`${data}/npm`);

  it.each(payloads)('%s names its builder, repository and commit', (file, payload) => {
    const facts = readProvenance(statementSchema.parse(JSON.parse(Buffer.from(payload, 'base64').toString())));
    expect(facts?.builderId).toMatch(/^https:\/\/github\.com\/actions\/runner/);
    expect(facts?.sourceRepository).toMatch(/^https:\/\/github\.com\/[\w-]+\/[\w-]+$/);
    // Of this one, which was tampered with, configSource and material name different commits: neither is believed.
    if (file.includes('v02-prega-invalidsigprov')) expect(facts?.commit).toBeUndefined();
    else expect(facts?.commit).toMatch(/^[a-f0-9]{40}$/);
    expect(facts?.invocationId).toBeDefined();
  });

  it('there are some', () => {
    expect(payloads.length).toBeGreaterThan(5);
  });
});

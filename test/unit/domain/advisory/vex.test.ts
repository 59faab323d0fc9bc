import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSuppressed } from '../../../../domain/advisory/finding.ts';
import { matchComponents } from '../../../../domain/advisory/match.ts';
import { applyVex, type VexSubject } from '../../../../domain/advisory/vex/apply-vex.ts';
import { readVex } from '../../../../domain/advisory/vex/read-vex.ts';
import { VexError } from '../../../../domain/advisory/vex/vex-error.ts';
import { component } from './component.ts';
import { affects, osv } from './osv.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}`;
const subject: VexSubject = { name: 'registry.example/dev/shop', digest: DIGEST };
const lodash = component('npm', 'lodash', '4.17.15', { purl: 'pkg:npm/lodash@4.17.15' });
const record = osv('GHSA-35jh-r3h4-6jhm', { aliases: ['CVE-2021-23337'], affected: [affects('npm', 'lodash', 'i:0')] });
const { findings } = matchComponents([lodash], () => [record]);

const openVex = (statement: object) => ({
  '@context': 'https://openvex.dev/ns/v0.2.0',
  '@id': 'https://example.com/vex/1',
  author: 'Ann',
  timestamp: '2026-01-01T00:00:00Z',
  version: 1,
  statements: [
    {
      vulnerability: { name: 'CVE-2021-23337' },
      products: [{ '@id': 'pkg:npm/lodash' }],
      status: 'not_affected',
      justification: 'vulnerable_code_not_in_execute_path',
      ...statement,
    },
  ],
});
const csaf = (status: string, purl: string, of: 'P1' | 'OS:P1' = 'P1', whole: object = {}) => ({
  document: {
    category: 'csaf_vex',
    csaf_version: '2.0',
    publisher: { name: 'Vendor' },
    tracking: { current_release_date: '2026-02-01T00:00:00Z' },
  },
  product_tree: {
    branches: [
      {
        category: 'vendor',
        branches: [{ product: { product_id: 'P1', name: 'x', product_identification_helper: { purl } } }],
      },
    ],
    full_product_names: [{ product_id: 'OS', name: 'y', product_identification_helper: whole }],
    relationships: [
      {
        category: 'default_component_of',
        full_product_name: { product_id: 'OS:P1' },
        product_reference: 'P1',
        relates_to_product_reference: 'OS',
      },
    ],
  },
  vulnerabilities: [
    {
      cve: 'CVE-2021-23337',
      product_status: { [status]: [of] },
      flags: [{ label: 'component_not_present', product_ids: [of] }],
      threats: [{ category: 'impact', details: 'not built in', product_ids: [of] }],
    },
  ],
});
const cycloneDx = (state: string, ref: string) => ({
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  components: [{ type: 'library', name: 'lodash', 'bom-ref': 'l', purl: 'pkg:npm/lodash@4.17.15' }],
  vulnerabilities: [{ id: 'CVE-2021-23337', analysis: { state, detail: 'looked at' }, affects: [{ ref }] }],
});

const stateAfter = (...documents: readonly object[]) =>
  applyVex(
    findings,
    documents.map((json, index) => ({ source: `${index}.json`, statements: readVex(JSON.stringify(json)) })),
    subject,
  )[0]?.vex;

describe('of which product a statement is', () => {
  test.each<[string, object, boolean]>([
    ['the package, any version', { products: [{ '@id': 'pkg:npm/lodash' }] }, true],
    ['the package in this version', { products: [{ '@id': 'pkg:npm/lodash@4.17.15' }] }, true],
    ['the package in another version', { products: [{ '@id': 'pkg:npm/lodash@4.17.20' }] }, false],
    ['another package', { products: [{ '@id': 'pkg:npm/lodash-es' }] }, false],
    ['a name in an encoding nobody knows', { products: [{ '@id': 'pkg:npm/caf%E9@1' }] }, false],
    ['the same name in another ecosystem', { products: [{ '@id': 'pkg:pypi/lodash' }] }, false],
    ['by its identifier', { products: [{ '@id': 'x', identifiers: { purl: 'pkg:npm/lodash' } }] }, true],
    ['the image by digest', { products: [{ '@id': `pkg:oci/shop@${encodeURIComponent(DIGEST)}` }] }, true],
    ['the image by hash', { products: [{ '@id': 'shop', hashes: { 'sha-256': 'AB'.repeat(32) } }] }, true],
    ['another image', { products: [{ '@id': `pkg:oci/shop@sha256%3A${'00'.repeat(32)}` }] }, false],
    [
      'a package inside the image',
      { products: [{ '@id': subject.name, subcomponents: [{ '@id': 'pkg:npm/lodash' }] }] },
      true,
    ],
    [
      'another package inside the image',
      { products: [{ '@id': subject.name, subcomponents: [{ '@id': 'pkg:npm/qs' }] }] },
      false,
    ],
    [
      'the package inside another image',
      { products: [{ '@id': 'registry.example/dev/other', subcomponents: [{ '@id': 'pkg:npm/lodash' }] }] },
      false,
    ],
    ['an alias of the vulnerability', { vulnerability: { name: 'X', aliases: ['GHSA-35jh-r3h4-6jhm'] } }, true],
    ['the vulnerability by its address', { vulnerability: { '@id': 'https://nvd.example/CVE-2021-23337' } }, true],
    ['another vulnerability', { vulnerability: { name: 'CVE-2020-8203' } }, false],
    ['no product', { products: undefined }, false],
  ])('%s', (_, statement, applies) => {
    expect(stateAfter(openVex(statement))?.status).toBe(applies ? 'not_affected' : undefined);
  });
});

describe('formats', () => {
  test('OpenVEX: justification, author and time come along', () => {
    expect(stateAfter(openVex({ impact_statement: 'never called' }))).toEqual({
      status: 'not_affected',
      justification: 'vulnerable_code_not_in_execute_path',
      statement: 'never called',
      author: 'Ann',
      at: '2026-01-01T00:00:00Z',
      source: '0.json',
    });
  });

  test.each([
    ['known_not_affected', 'not_affected'],
    ['fixed', 'fixed'],
    ['first_fixed', 'fixed'],
    ['known_affected', 'affected'],
    ['under_investigation', 'under_investigation'],
    ['recommended', undefined],
  ])('CSAF: %s', (group, status) => {
    expect(stateAfter(csaf(group, 'pkg:npm/lodash@4.17.15'))?.status).toBe(status);
    expect(stateAfter(csaf(group, 'pkg:npm/other'))).toBeUndefined();
  });

  test('CSAF: flag, impact, publisher', () => {
    expect(stateAfter(csaf('known_not_affected', 'pkg:npm/lodash'))).toMatchObject({
      justification: 'component_not_present',
      statement: 'not built in',
      author: 'Vendor',
    });
  });

  test.each([
    ['resolved', 'fixed'],
    ['exploitable', 'affected'],
    ['in_triage', 'under_investigation'],
    ['false_positive', 'not_affected'],
    ['made up', undefined],
  ])('CycloneDX: %s', (state, status) => {
    for (const ref of ['l', 'pkg:npm/lodash@4.17.15']) expect(stateAfter(cycloneDx(state, ref))?.status).toBe(status);
  });
});

describe('CycloneDX: which versions of a package are meant', () => {
  const listed = (...versions: readonly object[]) => {
    const document = cycloneDx('not_affected', 'pkg:npm/lodash');
    const [vulnerability] = document.vulnerabilities;
    return { ...document, vulnerabilities: [{ ...vulnerability, affects: [{ ref: 'pkg:npm/lodash', versions }] }] };
  };
  const unaffected = { status: 'unaffected' };
  test.each<[string, readonly object[], boolean]>([
    ['the version found', [{ version: '4.17.15', ...unaffected }], true],
    ['another one', [{ version: '4.17.21', ...unaffected }], false],
    ['another, beside the affected one', [{ version: '4.17.21', ...unaffected }, { version: '4.17.15' }], false],
    ['a list that says what is not affected by the statement', [{ version: '4.17.15', status: 'affected' }], true],
    ['such a list of others', [{ version: '4.17.14' }], false],
    ['only versions nobody knows about', [{ version: '4.17.15', status: 'unknown' }], false],
    ['a stretch that has it', [{ range: 'vers:npm/>=4.0.0|<4.17.16', ...unaffected }], true],
    ['a stretch that has not', [{ range: 'vers:npm/<4.17.15', ...unaffected }], false],
    ['some by name', [{ range: 'vers:npm/4.17.14|4.17.15', ...unaffected }], true],
    ['every version', [{ range: 'vers:npm/*', ...unaffected }], true],
    ['every version but one', [{ range: 'vers:npm/*', ...unaffected }, { version: '4.17.15' }], false],
    ['a range that is not read', [{ range: 'vers:npm/<4.0.0|>=4.17.0', ...unaffected }], false],
    ['beside an affected range that is not read', [{ version: '4.17.15', ...unaffected }, { range: '4.x' }], false],
  ])('%s', (_, versions, applies) => {
    expect(stateAfter(listed(...versions))?.status).toBe(applies ? 'not_affected' : undefined);
  });

  test('what hides nothing is about all of them', () => {
    const [vulnerability] = listed({ version: '4.17.21' }).vulnerabilities;
    const document = { ...listed(), vulnerabilities: [{ ...vulnerability, analysis: { state: 'exploitable' } }] };
    expect(stateAfter(document)?.status).toBe('affected');
  });
});

describe('what is said of a package in one product hides it there only', () => {
  const oci = (digest: string) => ({ purl: `pkg:oci/shop@${encodeURIComponent(digest)}` });
  const other = `sha256:${'00'.repeat(32)}`;
  test.each<[string, object, string | undefined]>([
    ['of this artifact', oci(DIGEST), 'not_affected'],
    ['of another artifact', oci(other), undefined],
    ['of what has no name here', { cpe: 'cpe:/a:acme:gateway:7' }, undefined],
  ])('CSAF: a component %s', (_, whole, status) => {
    const purl = 'pkg:npm/lodash@4.17.15';
    expect(stateAfter(csaf('known_not_affected', purl, 'OS:P1', whole))?.status).toBe(status);
  });

  test('CSAF: what hides nothing is said of it wherever nobody can tell of what it is a component', () => {
    expect(stateAfter(csaf('known_affected', 'pkg:npm/lodash', 'OS:P1'))?.status).toBe('affected');
  });

  test('CSAF: a component without a name is not the whole product', () => {
    expect(stateAfter(csaf('known_not_affected', '', 'OS:P1', oci(DIGEST)))).toBeUndefined();
  });

  test.each<[string, object, string | undefined]>([
    ['this artifact, by its digest', { name: 'x', purl: oci(DIGEST).purl }, 'not_affected'],
    [
      'this artifact, by its hash',
      { name: 'x', hashes: [{ alg: 'SHA-256', content: 'ab'.repeat(32) }] },
      'not_affected',
    ],
    ['this artifact, by its name', { name: subject.name }, 'not_affected'],
    ['another artifact', { name: 'acme/gateway', purl: oci(other).purl }, undefined],
  ])('CycloneDX: in a document about %s', (_, about, status) => {
    expect(stateAfter({ ...cycloneDx('not_affected', 'l'), metadata: { component: about } })?.status).toBe(status);
  });

  test('CycloneDX: a BOM-Link leads into one document', () => {
    const serial = '3e671687-395b-41f5-a30f-a58921a69b79';
    const document = cycloneDx('not_affected', `urn:cdx:${serial}/1#pkg%3Anpm%2Flodash%404.17.15`);
    const hidden = (more: VexSubject, json: object = document) =>
      applyVex(findings, [{ source: 'x', statements: readVex(JSON.stringify(json)) }], more)[0]?.vex?.status;
    expect(hidden(subject)).toBeUndefined();
    expect(hidden({ ...subject, serialNumber: `urn:uuid:${serial}` })).toBe('not_affected');
    expect(hidden(subject, { ...document, serialNumber: `urn:uuid:${serial}` })).toBe('not_affected');
  });
});

test('CSAF: what is said of one release of a distribution hides nothing in another', () => {
  const found = { ...findings[0]!, purl: 'pkg:rpm/redhat/openssl@3.0?distro=rhel-9.4' };
  const said = (status: string, purl: string) =>
    csaf(status, purl, 'OS:P1', { cpe: 'cpe:/o:redhat:enterprise_linux:9' });
  const document = said('known_not_affected', 'pkg:rpm/redhat/openssl');
  const hidden = (json: object) =>
    applyVex([found], [{ source: 'x', statements: readVex(JSON.stringify(json)) }], subject)[0]?.vex?.status;
  expect(hidden(document)).toBeUndefined();
  expect(hidden(said('known_affected', 'pkg:rpm/redhat/openssl'))).toBe('affected');
  expect(hidden(said('known_not_affected', 'pkg:rpm/redhat/openssl?distro=rhel-9.4'))).toBe('not_affected');
  expect(hidden(said('fixed', 'pkg:rpm/redhat/openssl@3.0'))).toBe('fixed');
});

test('of one document that says both, what hides nothing holds', () => {
  const both = (...statuses: readonly string[]) => {
    const [vulnerability] = csaf('x', 'pkg:npm/lodash').vulnerabilities;
    return {
      ...csaf('x', 'pkg:npm/lodash'),
      vulnerabilities: statuses.map((status) => ({ ...vulnerability, product_status: { [status]: ['P1'] } })),
    };
  };
  expect(stateAfter(both('known_affected', 'known_not_affected'))?.status).toBe('affected');
  expect(stateAfter(both('known_not_affected', 'known_affected'))?.status).toBe('affected');
});

test('times are compared as times, whatever zone they are written in', () => {
  const before = openVex({ timestamp: '2026-01-01T20:00:00Z' });
  const after = openVex({ timestamp: '2026-01-01T18:00:00-06:00', status: 'affected' });
  expect(stateAfter(before, after)?.status).toBe('affected');
  expect(stateAfter(after, before)?.status).toBe('affected');
});

test('of two statements the later one holds, whatever the order of the documents', () => {
  const older = openVex({ timestamp: '2025-01-01T00:00:00Z' });
  const newer = openVex({ timestamp: '2026-06-01T00:00:00Z', status: 'affected' });
  expect(stateAfter(older, newer)?.status).toBe('affected');
  expect(stateAfter(newer, older)?.status).toBe('affected');
});

test('only not_affected and fixed take a finding out of the count', () => {
  for (const status of ['not_affected', 'fixed', 'affected', 'under_investigation'] as const) {
    const [finding] = applyVex(
      findings,
      [{ source: 'x', statements: readVex(JSON.stringify(openVex({ status }))) }],
      subject,
    );
    expect(isSuppressed(finding!)).toBe(status === 'not_affected' || status === 'fixed');
  }
});

describe('what is no VEX document', () => {
  test.each<[string, string, VexError['code']]>([
    ['no JSON', 'VEX', 'VEX_NOT_JSON'],
    ['some JSON', '{"a": 1}', 'VEX_UNKNOWN_FORMAT'],
    ['null', 'null', 'VEX_UNKNOWN_FORMAT'],
    ['an unknown status', JSON.stringify(openVex({ status: 'fine' })), 'VEX_INVALID'],
    ['no statements', '{"@context": "https://openvex.dev/ns/v0.2.0"}', 'VEX_INVALID'],
  ])('%s', (_, text, code) => {
    expect(() => readVex(text)).toThrow(expect.objectContaining({ name: 'VexError', code }));
  });

  test('a product tree without end', () => {
    let branch: object = {};
    for (let depth = 0; depth < 100; depth++) branch = { branches: [branch] };
    const json = { ...csaf('fixed', 'pkg:npm/lodash'), product_tree: { branches: [branch] } };
    expect(() => readVex(JSON.stringify(json))).toThrow(expect.objectContaining({ code: 'VEX_INVALID' }));
  });

  test('any JSON is statements or a VexError', () => {
    const kinds = [{ '@context': 'openvex' }, { bomFormat: 'CycloneDX' }, { document: { csaf_version: '2.0' } }];
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.dictionary(fc.constantFrom('statements', 'vulnerabilities', 'product_tree'), fc.jsonValue()),
        (kind, rest) => {
          try {
            return Array.isArray(readVex(JSON.stringify({ ...kind, ...rest })));
          } catch (error) {
            return error instanceof VexError;
          }
        },
      ),
    );
  });
});

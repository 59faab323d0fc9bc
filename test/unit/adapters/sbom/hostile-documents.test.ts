/** Documents made to break a reader: each is refused or read within bounds, whatever the size of the pieces it comes in. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_DEPTH } from '../../../../adapters/sbom/document-limits.ts';
import { createJsonSplitter } from '../../../../adapters/sbom/json-splitter.ts';
import { readSbom } from '../../../../adapters/sbom/read-sbom.ts';
import { SbomError } from '../../../../adapters/sbom/sbom-error.ts';
import { sampleDocument } from './sample-stock.ts';
import { everyFormat, readInPieces, writeDocument } from './written-documents.ts';

const read = (text: string) => readSbom(new TextEncoder().encode(text));
const cdx = (rest: string) => `{"bomFormat": "CycloneDX", "specVersion": "1.6", ${rest}}`;
const xml = (rest: string, head = '') =>
  `<?xml version="1.0"?>${head}<bom xmlns="http://cyclonedx.org/schema/bom/1.6"><components>${rest}</components></bom>`;
const named = (name: string) => `<component type="library"><name>${name}</name></component>`;

describe('refused, with a code', () => {
  test.each<[string, string, string]>([
    [
      'a key twice in a component',
      cdx('"components": [{"type": "library", "name": "a", "name": "b"}]'),
      'SBOM_INVALID',
    ],
    [
      'a key twice, once with an escape',
      cdx('"components": [{"type": "library", "name": "a", "n\\u0061me": "b"}]'),
      'SBOM_INVALID',
    ],
    ['a key twice at the top', cdx('"version": 1, "version": 2'), 'SBOM_INVALID'],
    ['a list of components twice', cdx('"components": [], "components": []'), 'SBOM_INVALID'],
    ['a number as a name', cdx('"components": [{"type": "library", "name": 1}]'), 'SBOM_INVALID'],
    ['no list', cdx('"components": 1'), 'SBOM_INVALID'],
    ['an object where a list should be', cdx('"components": {"a": {"type": "library", "name": "a"}}'), 'SBOM_INVALID'],
    ['nested arrays', cdx(`"x": ${'['.repeat(MAX_DEPTH)}${']'.repeat(MAX_DEPTH)}`), 'SBOM_TOO_LARGE'],
    ['a list that a brace ends', cdx('"components": [}'), 'SBOM_NOT_JSON'],
    ['a comma too many', cdx('"components": [{"type": "library", "name": "a"},]'), 'SBOM_NOT_JSON'],
    [
      'a comma too few',
      cdx('"components": [{"type": "library", "name": "a"} {"type": "library", "name": "b"}]'),
      'SBOM_NOT_JSON',
    ],
    ['two documents', `${cdx('"version": 1')}${cdx('"version": 1')}`, 'SBOM_NOT_JSON'],
    ['an end in the middle', cdx('"components": [{"type": "library", "name": "a"}').slice(0, -1), 'SBOM_NOT_JSON'],
    ['an entity of a DTD', xml(named('&lol;'), '<!DOCTYPE bom [<!ENTITY lol "lol">]>'), 'SBOM_NOT_XML'],
    ['a DTD alone', xml(named('a'), '<!DOCTYPE bom SYSTEM "file:///etc/passwd">'), 'SBOM_NOT_XML'],
    ['an entity that is not known', xml(named('&lol;')), 'SBOM_NOT_XML'],
    ['a tag that does not end', xml(named('a')).slice(0, -7), 'SBOM_NOT_XML'],
    ['elements nested deep', xml('<component>'.repeat(MAX_DEPTH) + '</component>'.repeat(MAX_DEPTH)), 'SBOM_TOO_LARGE'],
    ['a component without a name', xml('<component type="library"/>'), 'SBOM_INVALID'],
    ['other XML', '<project xmlns="http://maven.apache.org/POM/4.0.0"/>', 'SBOM_UNKNOWN_FORMAT'],
    ['a text that does not end', 'SPDXVersion: SPDX-2.3\nExtractedText: <text>a\nb\n', 'SBOM_INVALID'],
    ['some text', 'hello\n', 'SBOM_UNKNOWN_FORMAT'],
    ['tags without a version', 'PackageName: a\n', 'SBOM_UNKNOWN_FORMAT'],
    ['a version of tags nobody reads', 'SPDXVersion: SPDX-1.2\n', 'SBOM_UNSUPPORTED_VERSION'],
    ['nothing', '', 'SBOM_NOT_JSON'],
  ])('%s', (_name, document, code) => {
    expect(() => read(document)).toThrow(expect.objectContaining({ name: 'SbomError', code }));
  });

  test('bytes that are not UTF-8', () => {
    for (const document of [cdx('"x": "_"'), xml(named('_')), 'SPDXVersion: SPDX-2.3\nPackageName: _\n']) {
      const bytes = new TextEncoder().encode(document).map((byte) => (byte === 0x5f ? 0xff : byte));
      expect(() => readSbom(bytes)).toThrow(SbomError);
    }
  });

  test('what is wrong is never quoted', () => {
    const secret = 'hunter2';
    for (const document of [
      cdx(`"components": [{"type": "${secret}", "name": {"${secret}": 1}}]`),
      xml(`<${secret}`),
      `SPDXVersion: ${secret}\n`,
    ]) {
      let message = '';
      try {
        read(document);
      } catch (error) {
        message = (error as Error).message;
      }
      expect(message).not.toBe('');
      expect(message).not.toContain(secret);
    }
  });
});

describe('read all the same', () => {
  const plain = cdx('"components": [{"type": "library", "name": "a", "version": "1"}]');
  test.each([
    ['a byte order mark', `\uFEFF${plain}`],
    ['CRLF', plain.replaceAll(', ', ',\r\n')],
    [
      'the format after the components',
      '{"components": [{"type": "library", "name": "a", "version": "1"}], "bomFormat": "CycloneDX", "specVersion": "1.6"}',
    ],
    [
      'brackets and quotes in texts',
      cdx('"components": [{"type": "library", "name": "a", "version": "1", "description": "]}\\"[{\\\\"}]'),
    ],
    [
      'keys of objects',
      cdx(
        '"components": [{"type": "library", "name": "a", "version": "1", "__proto__": {"name": "b"}, "constructor": 1}]',
      ),
    ],
    [
      'XML with a mark and CRLF',
      `\uFEFF${xml('\r\n<component type="library"><name>a</name>\r\n<version>1</version></component>')}`,
    ],
    [
      'tags with a mark and CRLF',
      '\uFEFFSPDXVersion: SPDX-2.3\r\nSPDXID: SPDXRef-DOCUMENT\r\n\r\nPackageName: a\r\nSPDXID: SPDXRef-a\r\nPackageVersion: 1\r\n',
    ],
  ])('%s', (_name, document) => {
    expect(read(document).components.map(({ name, version }) => [name, version])).toEqual([['a', '1']]);
  });
});

test('however it is cut or changed, a document is read or refused', async () => {
  const documents = await Promise.all(
    everyFormat.map(([name, version]) => writeDocument(name, version, sampleDocument)),
  );
  const mutation = fc.record({
    document: fc.constantFrom(...documents),
    at: fc.nat(),
    length: fc.nat(40),
    insert: fc.oneof(
      fc.constantFrom('"', '{', '}', '[', ']', ',', ':', '<', '</', '&', '\\', '\u0000', '<text>', '</text>', '\n'),
      fc.string({ maxLength: 5 }),
    ),
    piece: fc.integer({ min: 1, max: 5000 }),
  });
  await fc.assert(
    fc.asyncProperty(mutation, async ({ document, at, length, insert, piece }) => {
      const start = at % document.length;
      try {
        await readInPieces(document.slice(0, start) + insert + document.slice(start + length), piece);
      } catch (error) {
        if (!(error instanceof SbomError)) throw error;
      }
    }),
    { numRuns: 300 },
  );
});

test('the splitter agrees with JSON.parse about every object', () => {
  const value = fc.dictionary(
    fc.constantFrom('a', 'list', 'b"', '\u2028', 'components'),
    fc.jsonValue({ maxDepth: 4 }),
  );
  fc.assert(
    fc.property(value, fc.boolean(), fc.integer({ min: 1, max: 9 }), (object, isIndented, piece) => {
      const bytes = new TextEncoder().encode(JSON.stringify(object, undefined, isIndented ? 2 : undefined));
      const elements: unknown[] = [];
      const splitter = createJsonSplitter(new Set(['list']), (_list, element) => elements.push(element));
      for (let at = 0; at < bytes.length; at += piece) splitter.write(bytes.subarray(at, at + piece));
      const rest = splitter.end();
      const expected = JSON.parse(JSON.stringify(object)) as Record<string, unknown>;
      if (Array.isArray(expected.list)) {
        expect(elements).toEqual(expected.list);
        expect(rest).toEqual({ ...expected, list: [] });
      } else expect(rest).toEqual(expected);
    }),
  );
});

/** Whatever the bytes: a component, nothing, or a CatalogError; never another error, never for long. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CatalogError } from '../../../../domain/catalog/catalog-error.ts';
import { catalogerFor } from '../../../../domain/catalog/catalogers.ts';
import { foundComponentSchema } from '../../../../domain/catalog/layer-findings.ts';
import { parsePurl } from '../../../../domain/sbom/purl.ts';
import { damage, damaged } from '../../../fixtures/catalog/damage.ts';
import { smallManifests as samples } from '../../../fixtures/catalog/small-manifests.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function read(path: string, bytes: Uint8Array): void {
  const cataloger = catalogerFor(path);
  if (cataloger?.kind !== 'file') throw new TypeError(`no cataloger of files wants ${path}`);
  try {
    const facts = cataloger.catalog(path, bytes);
    if (facts?.kind !== 'components') return;
    for (const component of facts.components) {
      expect(foundComponentSchema.safeParse(component).success).toBe(true);
      expect(() => parsePurl(component.purl)).not.toThrow();
    }
  } catch (error) {
    if (!(error instanceof CatalogError)) throw error;
  }
}

const byLines = [
  'requirements.txt',
  'go.mod',
  'go.sum',
  'gradle.lockfile',
  'Gemfile.lock',
  'Dockerfile',
  '.terraform.lock.hcl',
];

test.each(byLines)('%s: more lines than are read are told, whatever they hold', (path) => {
  const cataloger = catalogerFor(path);
  if (cataloger?.kind !== 'file') throw new TypeError(`no cataloger of files wants ${path}`);
  const text = `${'\n'.repeat(400_001)}${samples[path] ?? 'FROM a\n'}`;
  expect(() => cataloger.catalog(path, encode(text))).toThrow(expect.objectContaining({ code: 'TOO_MANY' }));
});

describe.each(Object.entries(samples))('%s', (path, text) => {
  test('reads as it is', () => {
    const cataloger = catalogerFor(path);
    const facts = cataloger?.kind === 'file' ? cataloger.catalog(path, encode(text)) : undefined;
    if (facts?.kind === 'components') expect(facts.components.length).toBeGreaterThan(0);
    else expect(facts?.kind).toBe('manifest');
  });

  test('damaged', () => {
    fc.assert(
      fc.property(damage, (edits) => {
        read(path, damaged(encode(text), edits));
      }),
      { numRuns: 40 },
    );
  });

  test.each([
    ['nothing', new Uint8Array()],
    ['bytes that are no text', Uint8Array.of(0xff, 0xfe, 0x00, 0x80)],
    ['a byte order mark and line ends of Windows', encode(`\uFEFF${text.replaceAll('\n', '\r\n')}`)],
    ['a name of 5000 characters', encode(text.replaceAll(/\ba\b/g, 'a'.repeat(5000)))],
    ['names like those of all objects', encode(text.replaceAll(/\ba\b/g, '__proto__'))],
    ['numbers as names', encode(text.replaceAll(/\ba\b/g, '1'))],
    ['brackets without end', encode('[{(<'.repeat(50_000))],
    [
      'indentation without end',
      encode(Array.from({ length: 2000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')),
    ],
  ])('%s', (_, bytes) => {
    read(path, bytes);
  });
});

import path from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { takeDirectoryStock } from '../../../../adapters/sbom/take-directory-stock.ts';
import type { Stock } from '../../../../domain/sbom/component.ts';
import { arbitraryDocument } from './arbitrary-stock.ts';
import { sampleDocument, sampleStock } from './sample-stock.ts';
import { everyFormat, readInPieces, writeDocument } from './written-documents.ts';

const clone = path.resolve(import.meta.dirname, '../../../..');
const empty: Stock = { components: [], unreadable: [], complete: true };
const SLOW = 120_000;

describe.each(everyFormat)('%s %s', (name, version) => {
  test('reads back as what was written', async () => {
    const { stock, subject, build, created } = await readInPieces(
      await writeDocument(name, version, sampleDocument),
      61,
    );
    expect(stock).toEqual(sampleStock);
    expect({ subject, build, created: new Date(created ?? 0).toISOString() }).toEqual({
      subject: sampleDocument.subject,
      build: sampleDocument.build,
      created: new Date(sampleDocument.created).toISOString(),
    });
  });

  test('an empty stock reads back as an empty, complete stock', async () => {
    const { stock } = await readInPieces(await writeDocument(name, version, { ...sampleDocument, stock: empty }));
    expect(stock).toEqual(empty);
  });

  test(
    'any stock reads back',
    async () => {
      await fc.assert(
        fc.asyncProperty(arbitraryDocument, async (document) => {
          const reading = await readInPieces(await writeDocument(name, version, document));
          expect(reading.stock).toEqual(document.stock);
          expect(reading.build).toEqual(document.build);
        }),
        { numRuns: 25 },
      );
    },
    SLOW,
  );

  test('the same document gives the same bytes, another stock another number', async () => {
    const bytes = await writeDocument(name, version, sampleDocument);
    expect(await writeDocument(name, version, structuredClone(sampleDocument))).toBe(bytes);
    const [uuid] = /[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/.exec(bytes) ?? [];
    expect(uuid).toBeDefined();
    const complete = { ...sampleDocument, stock: { ...sampleStock, complete: true } };
    expect(await writeDocument(name, version, complete)).not.toContain(uuid);
    expect(await writeDocument(name, version, { ...sampleDocument, created: '2025-01-01T00:00:00Z' })).toContain(uuid);
  });
});

test(
  'hundreds of real packages are the same in every format',
  async () => {
    const taken = await takeDirectoryStock(clone);
    // Ranges of lockfiles are no part of an SBOM.
    const components = taken.components.map(({ askedFor: _, ...component }) => component);
    const document = { ...sampleDocument, stock: { ...taken, components } };
    expect(document.stock.components.length).toBeGreaterThan(300);
    for (const [name, version] of everyFormat) {
      const { stock } = await readInPieces(await writeDocument(name, version, document), 65_536);
      expect(stock, `${name} ${version}`).toEqual(document.stock);
    }
  },
  SLOW,
);

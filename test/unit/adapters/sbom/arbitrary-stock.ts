/** Any stock a cataloger could give, in canonical order; texts without control characters, which XML and tag-value have no way to write. */
import * as fc from 'fast-check';
import { parseDigest } from '../../../../domain/artifact/digest.ts';
import { buildFactNames } from '../../../../domain/sbom/build-fact.ts';
import {
  type Component,
  ecosystems,
  type FileHash,
  type LicenceClaim,
  type Stock,
} from '../../../../domain/sbom/component.ts';
import type { SbomDocument } from '../../../../domain/sbom/document.ts';
import { createPurl } from '../../../../domain/sbom/purl.ts';

/** Spaces in the middle are as they are; at the ends formats differ. */
const text = fc
  .string({
    unit: fc.oneof(
      { weight: 9, arbitrary: fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 1 }) },
      fc.constantFrom('ü', '漢', '😀', '<', '&', '"', ']]>', '</text>', '<text>'),
    ),
    minLength: 1,
    maxLength: 30,
  })
  .map((one) => one.replaceAll(/\p{C}/gu, '').replaceAll(/\s+/g, ' ').trim())
  .filter((one) => one !== '');
const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
const digest = hex(64).map((one) => parseDigest(`sha256:${one}`));

const expressions = [
  'MIT',
  'Apache-2.0',
  'GPL-2.0-or-later',
  'MIT OR Apache-2.0',
  'EPL-2.0 AND (MIT OR Apache-2.0)',
  'GPL-3.0-only WITH GCC-exception-3.1',
  '(MIT OR ISC) AND Zlib',
];
const licence: fc.Arbitrary<LicenceClaim> = fc.oneof(
  fc.constantFrom(...expressions).map((expression) => ({ kind: 'expression' as const, expression })),
  text.map((one) => ({ kind: 'unresolved' as const, text: `~ ${one}` })),
);
const hashes: fc.Arbitrary<FileHash[]> = fc
  .record({ md5: fc.option(hex(32)), sha1: fc.option(hex(40)), sha512: fc.option(hex(128)) })
  .map(({ md5, sha1, sha512 }) => [
    ...(md5 === null ? [] : [{ algorithm: 'MD5' as const, value: md5 }]),
    ...(sha1 === null ? [] : [{ algorithm: 'SHA-1' as const, value: sha1 }]),
    ...(sha512 === null ? [] : [{ algorithm: 'SHA-512' as const, value: sha512 }]),
  ]);

const located = fc
  .record({ path: text, layer: fc.option(digest, { nil: undefined }) })
  .map(({ path, layer }) => ({ path, ...(layer === undefined ? {} : { layer }) }));

const component: fc.Arbitrary<Component> = fc
  .record({
    ecosystem: fc.constantFrom(...ecosystems),
    name: text,
    version: fc.oneof(text, fc.constant('')),
    advisoryName: text,
    advisoryVersion: text,
    release: fc.option(text, { nil: undefined }),
    confidence: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
    ownedBy: fc.option(text, { nil: undefined }),
    fetchedFrom: fc.option(fc.uniqueArray(text, { minLength: 1, maxLength: 2 }), { nil: undefined }),
    listedAs: fc.option(text, { nil: undefined }),
    pin: fc.option(fc.constantFrom('digest' as const, 'tag' as const, 'branch' as const), { nil: undefined }),
    checksum: fc.option(text, { nil: undefined }),
    installScript: fc.option(fc.constant(true as const), { nil: undefined }),
    bundled: fc.option(fc.constant(true as const), { nil: undefined }),
    platforms: fc.option(fc.uniqueArray(text, { minLength: 1, maxLength: 2 }), { nil: undefined }),
    licences: fc.uniqueArray(licence, { maxLength: 3, selector: (one) => JSON.stringify(one) }),
    hashes,
    supplier: fc.option(
      fc.oneof(
        text,
        text.map((one) => `${one.replaceAll(/[<>]/g, '').trim()}x <a.b@example.org>`),
      ),
      { nil: undefined },
    ),
    scope: fc.constantFrom('runtime' as const, 'development' as const, 'optional' as const),
    locations: fc.uniqueArray(located, {
      minLength: 1,
      maxLength: 3,
      selector: ({ path, layer }) => `${path} ${layer ?? ''}`,
    }),
    foundBy: fc.constantFrom('dpkg', 'npm-lockfile', 'java-archive'),
  })
  .map(
    ({
      release,
      confidence,
      ownedBy,
      fetchedFrom,
      listedAs,
      pin,
      checksum,
      installScript,
      bundled,
      platforms,
      supplier,
      locations,
      ...one
    }) => ({
      ...one,
      ...(confidence === undefined ? {} : { confidence: confidence / 100 }),
      ...(ownedBy === undefined ? {} : { ownedBy }),
      ...(fetchedFrom === undefined ? {} : { fetchedFrom: fetchedFrom.toSorted() }),
      ...(listedAs === undefined ? {} : { listedAs }),
      ...(pin === undefined ? {} : { pin }),
      ...(checksum === undefined ? {} : { checksum }),
      ...(installScript === undefined ? {} : { installScript }),
      ...(bundled === undefined ? {} : { bundled }),
      ...(platforms === undefined ? {} : { platforms: platforms.toSorted() }),
      purl: createPurl({ type: 'generic', name: one.name, version: one.version }),
      ...(release === undefined ? {} : { release }),
      ...(supplier === undefined ? {} : { supplier }),
      locations: locations.toSorted((a, b) => (`${a.path} ${a.layer ?? ''}` < `${b.path} ${b.layer ?? ''}` ? -1 : 1)),
      dependsOn: [],
    }),
  );

const places = fc.array(
  fc.tuple(located, text).map(([place, reason]) => ({ ...place, reason })),
  { maxLength: 2 },
);

const stock: fc.Arbitrary<Stock> = fc
  .record({
    components: fc.uniqueArray(component, { maxLength: 6, selector: ({ purl }) => purl }),
    edges: fc.array(fc.tuple(fc.nat(5), fc.nat(5)), { maxLength: 8 }),
    unreadable: places,
    notes: places,
    system: fc.option(
      fc.record({
        id: text,
        versionId: fc.option(text, { nil: undefined }),
        name: fc.option(text, { nil: undefined }),
      }),
      { nil: undefined },
    ),
  })
  .map(({ components, edges, unreadable, notes, system }) => {
    const sorted = components.toSorted((a, b) => (a.purl < b.purl ? -1 : 1));
    return {
      components: sorted.map((one, index) => ({
        ...one,
        dependsOn: [
          ...new Set(edges.flatMap(([from, to]) => (from === index && to !== index ? [sorted[to]?.purl ?? ''] : []))),
        ]
          .filter(Boolean)
          .toSorted(),
      })),
      unreadable,
      ...(notes.length === 0 ? {} : { notes }),
      ...(system === undefined
        ? {}
        : {
            operatingSystem: {
              id: system.id,
              ...(system.versionId === undefined ? {} : { versionId: system.versionId }),
              ...(system.name === undefined ? {} : { name: system.name }),
            },
          }),
      complete: unreadable.length === 0,
    };
  });

const fact = fc.record({
  name: fc.constantFrom(...buildFactNames),
  value: text,
  standing: fc.constantFrom('claimed' as const, 'verified' as const),
  saidBy: text,
});

export const arbitraryDocument: fc.Arbitrary<SbomDocument> = fc
  .record({
    kind: fc.constantFrom('container' as const, 'application' as const, 'file' as const),
    name: text,
    version: fc.option(text, { nil: undefined }),
    digest: fc.option(digest, { nil: undefined }),
    stock,
    build: fc.array(fact, { minLength: 1, maxLength: 2 }),
  })
  .map(({ kind, name, version, digest: one, stock: taken, build }) => ({
    subject: {
      kind,
      name,
      ...(version === undefined ? {} : { version }),
      ...(one === undefined ? {} : { digest: one }),
    },
    stock: taken,
    build,
    created: '2024-05-06T07:08:09Z',
    toolVersion: '0.1.0',
  }));

/** Reads SPDX 2.3 (and 2.2) JSON documents, ours and others'. */
import { z } from 'zod';
import type { FileHash, Stock } from '../../domain/sbom/component.ts';
import { checkSbom } from './check-sbom.ts';
import { type ListedComponent, toComponents } from './listed-component.ts';
import { findNote, packageNoteSchema, stockNoteSchema } from './spdx-annotation.ts';
import { fromDeclared } from './spdx-licence.ts';

const MAX_PACKAGES = 200_000;
const MAX_RELATIONSHIPS = 5_000_000;

const annotations = z.array(z.object({ comment: z.string().optional() })).optional();
const packageSchema = z.object({
  SPDXID: z.string().max(4096),
  name: z.string().min(1).max(1000),
  versionInfo: z.string().max(1000).optional(),
  supplier: z.string().max(1000).optional(),
  licenseDeclared: z.string().max(100_000).optional(),
  primaryPackagePurpose: z.string().optional(),
  checksums: z.array(z.object({ algorithm: z.string(), checksumValue: z.string().max(256) })).optional(),
  externalRefs: z.array(z.object({ referenceType: z.string(), referenceLocator: z.string().max(4096) })).optional(),
  annotations,
});
type SpdxPackage = z.infer<typeof packageSchema>;

const documentSchema = z.object({
  spdxVersion: z.enum(['SPDX-2.2', 'SPDX-2.3']),
  packages: z.array(packageSchema).max(MAX_PACKAGES).optional(),
  relationships: z
    .array(z.object({ spdxElementId: z.string(), relationshipType: z.string(), relatedSpdxElement: z.string() }))
    .max(MAX_RELATIONSHIPS)
    .optional(),
  documentDescribes: z.array(z.string()).optional(),
  hasExtractedLicensingInfos: z.array(z.object({ licenseId: z.string(), extractedText: z.string() })).optional(),
  annotations,
});
type SpdxDocument = z.infer<typeof documentSchema>;

const algorithms: Readonly<Record<string, FileHash['algorithm']>> = {
  MD5: 'MD5',
  SHA1: 'SHA-1',
  SHA256: 'SHA-256',
  SHA512: 'SHA-512',
};

/** Throws a SbomError. Packages a document describes are its subjects, unless somebody else's document has nothing else in it. */
export function readSpdx(json: unknown): Stock {
  const document = checkSbom(documentSchema, json, 'SPDX');
  const texts = new Map(document.hasExtractedLicensingInfos?.map((one) => [one.licenseId, one.extractedText]));
  const subjects = subjectsOf(document);
  const packages = document.packages ?? [];
  const contained = packages.filter((one) => !subjects.has(one.SPDXID));
  const note = findNote(
    (document.annotations ?? []).map(({ comment }) => comment),
    stockNoteSchema,
  );
  const isSubjectOnly = contained.length === 0 && note === undefined;
  const listed = (isSubjectOnly ? packages : contained).map((one) => toListed(one, texts));
  const system = note?.operatingSystem;
  return {
    components: toComponents(listed, edgesOf(document)),
    unreadable: (note?.unreadable ?? []).map(({ path, layer, reason }) => ({
      path,
      ...(layer === undefined ? {} : { layer }),
      reason,
    })),
    ...(system === undefined
      ? {}
      : {
          operatingSystem: {
            id: system.id,
            ...(system.versionId === undefined ? {} : { versionId: system.versionId }),
            ...(system.name === undefined ? {} : { name: system.name }),
          },
        }),
    complete: note?.complete ?? true,
  };
}

function subjectsOf(document: SpdxDocument): ReadonlySet<string> {
  const described = (document.relationships ?? []).filter(({ relationshipType }) => relationshipType === 'DESCRIBES');
  return new Set([
    ...(document.documentDescribes ?? []),
    ...described.map(({ relatedSpdxElement }) => relatedSpdxElement),
  ]);
}

function edgesOf(document: SpdxDocument): { from: string; to: string }[] {
  return (document.relationships ?? []).flatMap(({ spdxElementId, relationshipType, relatedSpdxElement }) => {
    switch (relationshipType) {
      case 'DEPENDS_ON':
        return [{ from: spdxElementId, to: relatedSpdxElement }];
      case 'DEPENDENCY_OF':
      case 'DEV_DEPENDENCY_OF':
      case 'RUNTIME_DEPENDENCY_OF':
      case 'OPTIONAL_DEPENDENCY_OF':
        return [{ from: relatedSpdxElement, to: spdxElementId }];
      default:
        return [];
    }
  });
}

function toListed(one: SpdxPackage, texts: ReadonlyMap<string, string>): ListedComponent {
  const note = findNote(
    (one.annotations ?? []).map(({ comment }) => comment),
    packageNoteSchema,
  );
  const { scope = 'runtime', locations = [], release, ...facts } = note ?? {};
  return {
    reference: one.SPDXID,
    purl: one.externalRefs?.find(({ referenceType }) => referenceType === 'purl')?.referenceLocator,
    name: one.name,
    version: one.versionInfo ?? '',
    licences: fromDeclared(one.licenseDeclared, texts),
    hashes: (one.checksums ?? []).flatMap(({ algorithm, checksumValue }) => {
      const known = algorithms[algorithm];
      return known === undefined ? [] : [{ algorithm: known, value: checksumValue.toLowerCase() }];
    }),
    supplier: /^(?:Organization|Person): (.+)$/.exec(one.supplier ?? '')?.[1],
    scope,
    locations: locations.map(({ path, layer }) => ({ path, ...(layer === undefined ? {} : { layer }) })),
    facts: { ...facts, ...(release === undefined ? {} : { release }) },
  };
}

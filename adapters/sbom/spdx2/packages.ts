/** Our components as packages of SPDX 2.3 (https://spdx.github.io/spdx-spec/v2.3/package-information/), for JSON and tag-value. */
import { createHash } from 'node:crypto';
import type { BuildFact } from '../../../domain/sbom/build-fact.ts';
import type { Component, FileHash, OperatingSystem } from '../../../domain/sbom/component.ts';
import type { SbomDocument, SbomSubject } from '../../../domain/sbom/document.ts';
import { parseContact } from '../contact.ts';
import { documentUuid } from '../document-id.ts';
import { createGrouping } from '../group-by-key.ts';
import { createKeptBudget } from '../kept-budget.ts';
import { createTextTable } from '../text-table.ts';
import { wellFormedHashes } from '../well-formed-hashes.ts';
import { packageNote, type SpdxAnnotation, stockNote, toAnnotation } from './annotation.ts';
import { licenceReference, toDeclared } from './licence.ts';

/** The fields we write, named as in JSON. */
export interface SpdxPackage {
  readonly SPDXID: string;
  readonly name: string;
  readonly versionInfo?: string;
  readonly supplier?: string;
  readonly downloadLocation: string;
  readonly filesAnalyzed: boolean;
  readonly checksums?: readonly { readonly algorithm: string; readonly checksumValue: string }[];
  readonly sourceInfo?: string;
  readonly licenseConcluded: string;
  readonly licenseDeclared: string;
  readonly copyrightText: string;
  readonly externalRefs?: readonly {
    readonly referenceCategory: string;
    readonly referenceType: string;
    readonly referenceLocator: string;
  }[];
  readonly primaryPackagePurpose: string;
  readonly annotations?: readonly SpdxAnnotation[];
}

export interface SpdxRelationship {
  readonly spdxElementId: string;
  readonly relationshipType: 'DESCRIBES' | 'CONTAINS' | 'DEPENDS_ON';
  readonly relatedSpdxElement: string;
}

export interface SpdxExtractedText {
  readonly licenseId: string;
  readonly extractedText: string;
  readonly name: string;
}

const checksumAlgorithms: Readonly<Record<FileHash['algorithm'], string>> = {
  MD5: 'MD5',
  'SHA-1': 'SHA1',
  'SHA-256': 'SHA256',
  'SHA-512': 'SHA512',
};

const purposes: Readonly<Record<SbomSubject['kind'], string>> = {
  container: 'CONTAINER',
  application: 'APPLICATION',
  file: 'FILE',
};

const DOCUMENT = 'SPDXRef-DOCUMENT';
const SUBJECT = 'SPDXRef-Subject';
const SYSTEM = 'SPDXRef-OperatingSystem';

/** Fields the specification wants, and about which we assert nothing. */
const unasserted = {
  downloadLocation: 'NOASSERTION',
  filesAnalyzed: false,
  licenseConcluded: 'NOASSERTION',
  copyrightText: 'NOASSERTION',
} as const;

/** What stands before the packages. */
export function documentHead(document: SbomDocument) {
  const { subject, created } = document;
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: DOCUMENT,
    name: subject.name,
    documentNamespace: `https://spdx.org/spdxdocs/${encodeURIComponent(subject.name.toWellFormed())}-${documentUuid(document)}`,
    creationInfo: { created, creators: [toolOf(document)] },
    annotations: [toAnnotation(stockNote(document), created, toolOf(document))],
  } as const;
}

function toolOf({ toolVersion }: SbomDocument): string {
  return `Tool: pratique-${toolVersion}`;
}

/** The subject, its operating system, and every component. */
export function* packagesOf(document: SbomDocument): Generator<SpdxPackage> {
  const { subject, stock, build = [], created } = document;
  yield subjectPackage(subject, build);
  if (stock.operatingSystem !== undefined) yield systemPackage(stock.operatingSystem);
  const tool = toolOf(document);
  for (const component of stock.components) yield componentPackage(component, created, tool);
}

function subjectPackage(subject: SbomSubject, build: readonly BuildFact[]): SpdxPackage {
  return {
    SPDXID: SUBJECT,
    name: subject.name,
    ...(subject.version === undefined ? {} : { versionInfo: subject.version }),
    ...unasserted,
    ...(build.length === 0
      ? {}
      : { sourceInfo: build.map(({ name, value, standing }) => `${name}: ${value} (${standing})`).join('\n') }),
    licenseDeclared: 'NOASSERTION',
    primaryPackagePurpose: purposes[subject.kind],
    ...(subject.digest === undefined
      ? {}
      : { checksums: [{ algorithm: 'SHA256', checksumValue: subject.digest.slice('sha256:'.length) }] }),
    ...(subject.purl === undefined ? {} : { externalRefs: [purlReference(subject.purl)] }),
  };
}

/** Scanners look for the distribution here. */
function systemPackage({ id, versionId, name }: OperatingSystem): SpdxPackage {
  return {
    SPDXID: SYSTEM,
    name: id,
    ...(versionId === undefined ? {} : { versionInfo: versionId }),
    ...unasserted,
    ...(name === undefined ? {} : { sourceInfo: name }),
    licenseDeclared: 'NOASSERTION',
    primaryPackagePurpose: 'OPERATING_SYSTEM',
  };
}

function componentPackage(component: Component, created: string, tool: string): SpdxPackage {
  const hashes = wellFormedHashes(component);
  return {
    SPDXID: packageId(component.purl),
    name: component.name,
    ...(component.version === '' ? {} : { versionInfo: component.version }),
    ...(component.supplier === undefined ? {} : { supplier: toSupplier(component.supplier) }),
    ...unasserted,
    licenseDeclared: toDeclared(component.licences),
    primaryPackagePurpose: 'LIBRARY',
    ...(hashes.length === 0
      ? {}
      : {
          checksums: hashes.map(({ algorithm, value }) => ({
            algorithm: checksumAlgorithms[algorithm],
            checksumValue: value,
          })),
        }),
    externalRefs: [purlReference(component.purl)],
    annotations: [toAnnotation(packageNote(component), created, tool)],
  };
}

/** `Organization: Name (address)` (clause 7.5). */
function toSupplier(text: string): string {
  const { name, email } = parseContact(text);
  return `Organization: ${name}${email === undefined ? '' : ` (${email})`}`;
}

function purlReference(purl: string) {
  return { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl };
}

function packageId(purl: string): string {
  return `SPDXRef-Package-${createHash('sha256').update(purl).digest('hex').slice(0, 32)}`;
}

/** Edges to what is not in the document are left out: the schema would take them, and nobody could follow. */
export function* relationshipsOf({ stock }: SbomDocument): Generator<SpdxRelationship> {
  const known = createTextTable();
  yield { spdxElementId: DOCUMENT, relationshipType: 'DESCRIBES', relatedSpdxElement: SUBJECT };
  if (stock.operatingSystem !== undefined)
    yield { spdxElementId: SUBJECT, relationshipType: 'CONTAINS', relatedSpdxElement: SYSTEM };
  for (const { purl } of stock.components) {
    known.add(purl);
    yield { spdxElementId: SUBJECT, relationshipType: 'CONTAINS', relatedSpdxElement: packageId(purl) };
  }
  for (const { purl, dependsOn } of stock.components) {
    const from = dependsOn.length === 0 ? '' : packageId(purl);
    for (const target of dependsOn)
      if (known.find(target) !== undefined)
        yield { spdxElementId: from, relationshipType: 'DEPENDS_ON', relatedSpdxElement: packageId(target) };
  }
}

/** Texts that are still known to have been taken: most components have one of a few. */
const MAX_REMEMBERED = 10_000;

/** Texts of licences that are no expression, each once, sorted. */
export function* extractedTexts({ stock }: SbomDocument): Generator<SpdxExtractedText> {
  const texts = createGrouping<0>(createKeptBudget(), Infinity);
  const seen = new Set<string>();
  for (const { licences } of stock.components)
    for (const claim of licences) {
      if (claim.kind !== 'unresolved' || seen.has(claim.text)) continue;
      if (seen.size < MAX_REMEMBERED) seen.add(claim.text);
      texts.add(claim.text, 0);
    }
  for (const { key: text } of texts.groups())
    yield { licenseId: licenceReference(text), extractedText: text, name: text.slice(0, 100) };
}

/** A stock as an SPDX 2.3 JSON document (https://spdx.github.io/spdx-spec/v2.3/). */
import { createHash } from 'node:crypto';
import type { Component, FileHash } from '../../domain/sbom/component.ts';
import type { SbomDocument, SbomSubject } from '../../domain/sbom/document.ts';
import { documentUuid } from './document-id.ts';
import { type PackageNote, type StockNote, toAnnotation } from './spdx-annotation.ts';
import { licenceReference, toDeclared } from './spdx-licence.ts';

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

/** UTF-8 JSON that ends with a newline. Equal documents give equal bytes. */
export function writeSpdx(document: SbomDocument): Uint8Array {
  const { subject, stock, created, toolVersion } = document;
  const tool = `Tool: pratique-${toolVersion}`;
  const spdx = {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: DOCUMENT,
    name: subject.name,
    documentNamespace: `https://spdx.org/spdxdocs/${encodeURIComponent(subject.name)}-${documentUuid(document)}`,
    creationInfo: { created, creators: [tool] },
    packages: [
      subjectPackage(subject),
      ...stock.components.map((component) => componentPackage(component, created, tool)),
    ],
    relationships: relationships(stock.components),
    ...extractedTexts(stock.components),
    annotations: [toAnnotation(stockNote(document), created, tool)],
  };
  return new TextEncoder().encode(`${JSON.stringify(spdx, undefined, 2)}\n`);
}

function stockNote({ stock }: SbomDocument): StockNote {
  return {
    complete: stock.complete,
    unreadable: [...stock.unreadable],
    ...(stock.operatingSystem === undefined ? {} : { operatingSystem: stock.operatingSystem }),
  };
}

function subjectPackage(subject: SbomSubject): object {
  return {
    SPDXID: SUBJECT,
    name: subject.name,
    ...(subject.version === undefined ? {} : { versionInfo: subject.version }),
    ...unasserted,
    licenseDeclared: 'NOASSERTION',
    primaryPackagePurpose: purposes[subject.kind],
    ...(subject.digest === undefined
      ? {}
      : { checksums: [{ algorithm: 'SHA256', checksumValue: subject.digest.slice('sha256:'.length) }] }),
    ...(subject.purl === undefined ? {} : { externalRefs: [purlReference(subject.purl)] }),
  };
}

/** Fields the specification wants, and about which we assert nothing. */
const unasserted = {
  downloadLocation: 'NOASSERTION',
  filesAnalyzed: false,
  licenseConcluded: 'NOASSERTION',
  copyrightText: 'NOASSERTION',
} as const;

function componentPackage(component: Component, created: string, tool: string): object {
  const { foundBy, ecosystem, advisoryName, advisoryVersion, release, scope, locations } = component;
  const note: PackageNote = {
    foundBy,
    ecosystem,
    advisoryName,
    advisoryVersion,
    ...(release === undefined ? {} : { release }),
    scope,
    locations: [...locations],
  };
  return {
    SPDXID: packageId(component.purl),
    name: component.name,
    ...(component.version === '' ? {} : { versionInfo: component.version }),
    ...(component.supplier === undefined ? {} : { supplier: `Organization: ${component.supplier}` }),
    ...unasserted,
    licenseDeclared: toDeclared(component.licences),
    primaryPackagePurpose: 'LIBRARY',
    ...(component.hashes.length === 0
      ? {}
      : {
          checksums: component.hashes.map(({ algorithm, value }) => ({
            algorithm: checksumAlgorithms[algorithm],
            checksumValue: value,
          })),
        }),
    externalRefs: [purlReference(component.purl)],
    annotations: [toAnnotation(note, created, tool)],
  };
}

function purlReference(purl: string): object {
  return { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl };
}

function packageId(purl: string): string {
  return `SPDXRef-Package-${createHash('sha256').update(purl).digest('hex').slice(0, 32)}`;
}

function relationships(components: readonly Component[]): object[] {
  return [
    { spdxElementId: DOCUMENT, relationshipType: 'DESCRIBES', relatedSpdxElement: SUBJECT },
    ...components.map(({ purl }) => ({
      spdxElementId: SUBJECT,
      relationshipType: 'CONTAINS',
      relatedSpdxElement: packageId(purl),
    })),
    ...components.flatMap(({ purl, dependsOn }) =>
      dependsOn.map((target) => ({
        spdxElementId: packageId(purl),
        relationshipType: 'DEPENDS_ON',
        relatedSpdxElement: packageId(target),
      })),
    ),
  ];
}

function extractedTexts(components: readonly Component[]): { hasExtractedLicensingInfos?: object[] } {
  const texts = new Set(
    components.flatMap(({ licences }) =>
      licences.flatMap((claim) => (claim.kind === 'unresolved' ? [claim.text] : [])),
    ),
  );
  if (texts.size === 0) return {};
  return {
    hasExtractedLicensingInfos: [...texts].toSorted().map((text) => ({
      licenseId: licenceReference(text),
      extractedText: text,
      name: text.slice(0, 100),
    })),
  };
}

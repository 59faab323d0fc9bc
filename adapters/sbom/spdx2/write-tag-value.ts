/** SPDX 2.3 as tags and values (https://spdx.github.io/spdx-spec/v2.3/conformance/, clause 4.4; examples in the clauses of each field). */
import type { SbomDocument } from '../../../domain/sbom/document.ts';
import type { SpdxAnnotation } from './annotation.ts';
import { documentHead, extractedTexts, packagesOf, relationshipsOf, type SpdxPackage } from './packages.ts';

/** Pieces of one text, an empty line between sections. Equal documents give equal texts. */
export function* writeSpdxTagValue(document: SbomDocument): Generator<string> {
  const head = documentHead(document);
  yield section([
    ['SPDXVersion', head.spdxVersion],
    ['DataLicense', head.dataLicense],
    ['SPDXID', head.SPDXID],
    ['DocumentName', oneLine(head.name)],
    ['DocumentNamespace', head.documentNamespace],
    ...head.creationInfo.creators.map((creator): Tag => ['Creator', creator]),
    ['Created', head.creationInfo.created],
  ]);
  for (const annotation of head.annotations) yield annotationSection(head.SPDXID, annotation);
  for (const one of packagesOf(document)) {
    yield packageSection(one);
    for (const annotation of one.annotations ?? []) yield annotationSection(one.SPDXID, annotation);
  }
  for (const { licenseId, extractedText, name } of extractedTexts(document))
    yield section([
      ['LicenseID', licenseId],
      ['ExtractedText', multiLine(extractedText)],
      ['LicenseName', oneLine(name)],
    ]);
  for (const { spdxElementId, relationshipType, relatedSpdxElement } of relationshipsOf(document))
    yield `Relationship: ${spdxElementId} ${relationshipType} ${relatedSpdxElement}\n`;
}

type Tag = readonly [string, string | undefined];

function section(tags: readonly Tag[]): string {
  const lines = tags.flatMap(([tag, value]) => (value === undefined ? [] : [`${tag}: ${value}\n`]));
  return `${lines.join('')}\n`;
}

function packageSection(one: SpdxPackage): string {
  return section([
    ['PackageName', oneLine(one.name)],
    ['SPDXID', one.SPDXID],
    ['PackageVersion', one.versionInfo === undefined ? undefined : oneLine(one.versionInfo)],
    ['PackageSupplier', one.supplier === undefined ? undefined : oneLine(one.supplier)],
    ['PackageDownloadLocation', one.downloadLocation],
    ['FilesAnalyzed', String(one.filesAnalyzed)],
    ...(one.checksums ?? []).map(
      ({ algorithm, checksumValue }): Tag => ['PackageChecksum', `${algorithm}: ${checksumValue}`],
    ),
    ['PackageSourceInfo', one.sourceInfo === undefined ? undefined : multiLine(one.sourceInfo)],
    ['PackageLicenseConcluded', one.licenseConcluded],
    ['PackageLicenseDeclared', one.licenseDeclared],
    ['PackageCopyrightText', one.copyrightText],
    ...(one.externalRefs ?? []).map(
      ({ referenceCategory, referenceType, referenceLocator }): Tag => [
        'ExternalRef',
        `${referenceCategory} ${referenceType} ${referenceLocator}`,
      ],
    ),
    // JSON alone has an underscore in it.
    ['PrimaryPackagePurpose', one.primaryPackagePurpose.replace('_', '-')],
  ]);
}

function annotationSection(subject: string, annotation: SpdxAnnotation): string {
  return section([
    ['Annotator', annotation.annotator],
    ['AnnotationDate', annotation.annotationDate],
    ['AnnotationType', annotation.annotationType],
    ['SPDXREF', subject],
    // Its `<` is escaped, as JSON allows: nothing in it can end the text.
    ['AnnotationComment', `<text>${annotation.comment.replaceAll('<', '\\u003c')}</text>`],
  ]);
}

/** A value that ends with its line: line breaks become spaces. */
function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]+/g, ' ').replace(/^<text>/, '< text>');
}

/** The format has no escape: a text that would end early is cut into one that does not. */
function multiLine(text: string): string {
  return `<text>${text.replaceAll('</text>', '< /text>')}</text>`;
}

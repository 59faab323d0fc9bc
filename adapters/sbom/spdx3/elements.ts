/** Our components as elements of SPDX 3.0.1 (https://spdx.github.io/spdx-spec/v3.0.1/), profiles Core, Software and SimpleLicensing. */
import { createHash } from 'node:crypto';
import type { Component, FileHash, OperatingSystem } from '../../../domain/sbom/component.ts';
import type { SbomDocument, SbomSubject } from '../../../domain/sbom/document.ts';
import { parseContact } from '../contact.ts';
import { documentUuid } from '../document-id.ts';
import { noteComment, packageNote, stockNote } from '../spdx2/annotation.ts';
import { licenceReference, toDeclared } from '../spdx2/licence.ts';
import { createTextTable } from '../text-table.ts';
import { wellFormedHashes } from '../well-formed-hashes.ts';

const CREATION = '_:creation';
/** Targets of one relationship: a line stays readable, and its reader within bounds. */
const TARGETS = 1000;

export const hashAlgorithms: Readonly<Record<FileHash['algorithm'], string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-512': 'sha512',
};

/** Every element of the document, the subject and its own before the components. Equal documents give equal elements. */
export function* elementsOf(document: SbomDocument): Generator<object> {
  const { subject, stock, created, toolVersion } = document;
  const id = (name: string): string =>
    `https://spdx.org/spdxdocs/${encodeURIComponent(subject.name.toWellFormed())}-${uuid}#${name}`;
  const uuid = documentUuid(document);
  const element = (type: string, name: string, fields: object): object => ({
    type,
    spdxId: id(name),
    creationInfo: CREATION,
    ...fields,
  });
  yield {
    type: 'CreationInfo',
    '@id': CREATION,
    specVersion: '3.0.1',
    created,
    createdBy: [id('agent')],
    createdUsing: [id('tool')],
  };
  yield element('SoftwareAgent', 'agent', { name: 'pratique' });
  yield element('Tool', 'tool', { name: `pratique-${toolVersion}` });
  yield element('SpdxDocument', 'document', {
    name: subject.name,
    profileConformance: ['core', 'software', 'simpleLicensing'],
    rootElement: [id('sbom')],
  });
  yield element('software_Sbom', 'sbom', { software_sbomType: ['analyzed'], rootElement: [id('subject')] });
  yield element('software_Package', 'subject', subjectFields(subject));
  yield element('Annotation', 'about', {
    annotationType: 'other',
    subject: id('document'),
    statement: noteComment(stockNote(document)),
  });
  if (stock.operatingSystem !== undefined)
    yield element('software_Package', 'operating-system', systemFields(stock.operatingSystem));
  yield* agents(stock.components, element);
  yield* licences(stock.components, element, id);
  for (const component of stock.components) yield* componentElements(component, element, id);
  yield* contained(document, element, id);
}

type Element = (type: string, name: string, fields: object) => object;
type Id = (name: string) => string;

function subjectFields({ kind, name, version, digest, purl }: SbomSubject): object {
  return {
    name,
    software_primaryPurpose: kind,
    ...(version === undefined ? {} : { software_packageVersion: version }),
    ...(purl === undefined ? {} : { software_packageUrl: purl }),
    ...(digest === undefined ? {} : { verifiedUsing: [toHash('sha256', digest.slice('sha256:'.length))] }),
  };
}

function systemFields({ id, versionId, name }: OperatingSystem): object {
  return {
    name: id,
    software_primaryPurpose: 'operatingSystem',
    ...(versionId === undefined ? {} : { software_packageVersion: versionId }),
    ...(name === undefined ? {} : { summary: name }),
  };
}

function toHash(algorithm: string, hashValue: string): object {
  return { type: 'Hash', algorithm, hashValue };
}

/** Each supplier once. */
function* agents(components: readonly Component[], element: Element): Generator<object> {
  const seen = createTextTable();
  for (const { supplier } of components) {
    if (supplier === undefined || !seen.isNew(supplierName(supplier))) continue;
    const { name, email } = parseContact(supplier);
    const identifier = { type: 'ExternalIdentifier', externalIdentifierType: 'email', identifier: email };
    yield element('Organization', supplierName(supplier), {
      name,
      ...(email === undefined ? {} : { externalIdentifier: [identifier] }),
    });
  }
}

/** Each expression once, and each text that is no expression. */
function* licences(components: readonly Component[], element: Element, id: Id): Generator<object> {
  const seen = createTextTable();
  for (const { licences: claims } of components) {
    if (claims.length === 0) continue;
    const expression = toDeclared(claims);
    if (!seen.isNew(expressionName(expression))) continue;
    const texts = claims.flatMap((claim) => (claim.kind === 'unresolved' ? [claim.text] : []));
    for (const text of texts) {
      if (!seen.isNew(licenceReference(text))) continue;
      yield element('simplelicensing_SimpleLicensingText', licenceReference(text), {
        simplelicensing_licenseText: text,
      });
    }
    yield element('simplelicensing_LicenseExpression', expressionName(expression), {
      simplelicensing_licenseExpression: expression,
      ...(texts.length === 0
        ? {}
        : {
            simplelicensing_customIdToUri: [...new Set(texts.map(licenceReference))].map((key) => ({
              type: 'DictionaryEntry',
              key,
              value: id(key),
            })),
          }),
    });
  }
}

function* componentElements(component: Component, element: Element, id: Id): Generator<object> {
  const { purl, name, version, supplier, licences: claims, dependsOn } = component;
  const hashes = wellFormedHashes(component);
  const own = packageName(purl);
  yield element('software_Package', own, {
    name,
    software_primaryPurpose: 'library',
    ...(version === '' ? {} : { software_packageVersion: version }),
    software_packageUrl: purl,
    ...(supplier === undefined ? {} : { suppliedBy: id(supplierName(supplier)) }),
    ...(hashes.length === 0
      ? {}
      : { verifiedUsing: hashes.map(({ algorithm, value }) => toHash(hashAlgorithms[algorithm], value)) }),
  });
  yield element('Annotation', `${own}-about`, {
    annotationType: 'other',
    subject: id(own),
    statement: noteComment(packageNote(component)),
  });
  if (claims.length > 0)
    yield element('Relationship', `${own}-licence`, {
      from: id(own),
      relationshipType: 'hasDeclaredLicense',
      to: [id(expressionName(toDeclared(claims)))],
    });
  for (let at = 0; at < dependsOn.length; at += TARGETS)
    yield element('Relationship', `${own}-needs-${at / TARGETS}`, {
      from: id(own),
      relationshipType: 'dependsOn',
      to: dependsOn.slice(at, at + TARGETS).map((target) => id(packageName(target))),
    });
}

function* contained({ stock }: SbomDocument, element: Element, id: Id): Generator<object> {
  let names = stock.operatingSystem === undefined ? [] : ['operating-system'];
  let count = 0;
  const relation = (): object =>
    element('Relationship', `contains-${count}`, {
      from: id('subject'),
      relationshipType: 'contains',
      to: names.map(id),
    });
  for (const { purl } of stock.components) {
    if (names.length === TARGETS) {
      yield relation();
      names = [];
      count += 1;
    }
    names.push(packageName(purl));
  }
  if (names.length > 0) yield relation();
}

function packageName(purl: string): string {
  return `package-${shortHash(purl)}`;
}

function supplierName(supplier: string): string {
  return `supplier-${shortHash(supplier)}`;
}

function expressionName(expression: string): string {
  return `licence-${shortHash(expression)}`;
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

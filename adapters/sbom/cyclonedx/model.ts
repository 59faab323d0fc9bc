/** Our components as models of the CycloneDX library, which knows what each version of the format has a place for. */
// By parts: the whole of the library loads validators that nobody asks for here, and takes three times as long.
import * as Enums from '@cyclonedx/cyclonedx-library/Enums';
import * as Models from '@cyclonedx/cyclonedx-library/Models';
import * as SPDX from '@cyclonedx/cyclonedx-library/SPDX';
import type { BuildFact } from '../../../domain/sbom/build-fact.ts';
import type {
  Component,
  FileHash,
  LicenceClaim,
  OperatingSystem,
  Stock,
  Unreadable,
} from '../../../domain/sbom/component.ts';
import type { SbomDocument, SbomSubject } from '../../../domain/sbom/document.ts';
import { licenceText } from '../../../domain/sbom/licence.ts';
import { factPairs } from '../component-facts.ts';
import { parseContact } from '../contact.ts';
import { documentUuid } from '../document-id.ts';
import { toDeclared } from '../spdx2/licence.ts';
import { wellFormedHashes } from '../well-formed-hashes.ts';
import { propertyNames as names } from './property-names.ts';

const hashAlgorithms: Readonly<Record<FileHash['algorithm'], Enums.HashAlgorithm>> = {
  MD5: Enums.HashAlgorithm.MD5,
  'SHA-1': Enums.HashAlgorithm['SHA-1'],
  'SHA-256': Enums.HashAlgorithm['SHA-256'],
  'SHA-512': Enums.HashAlgorithm['SHA-512'],
};

const scopes: Readonly<Record<Component['scope'], Enums.ComponentScope>> = {
  runtime: Enums.ComponentScope.Required,
  optional: Enums.ComponentScope.Optional,
  // "Components that are excluded [document] component usage for test and other non-runtime purposes."
  development: Enums.ComponentScope.Excluded,
};

const subjectTypes: Readonly<Record<SbomSubject['kind'], Enums.ComponentType>> = {
  container: Enums.ComponentType.Container,
  application: Enums.ComponentType.Application,
  file: Enums.ComponentType.File,
};

/** The document without its components: number, time, tool, subject, and what we know of the whole. */
export function toBom(document: SbomDocument): Models.Bom {
  const { subject, stock, build = [], created, toolVersion } = document;
  const tool = new Models.Component(Enums.ComponentType.Application, 'pratique', {
    bomRef: 'tool:pratique',
    version: toolVersion,
  });
  return new Models.Bom({
    serialNumber: `urn:uuid:${documentUuid(document)}`,
    metadata: new Models.Metadata({
      timestamp: new Date(created),
      tools: new Models.Tools({ components: new Models.ComponentRepository([tool]) }),
      component: toSubject(subject, build),
      properties: new Models.PropertyRepository(toProperties([...stockPairs(stock), ...buildPairs(build)])),
    }),
  });
}

/** The reference of the subject within its document. */
export function subjectReference(subject: SbomSubject): string {
  return `subject:${subject.purl ?? subject.name}`;
}

function toSubject(subject: SbomSubject, build: readonly BuildFact[]): Models.Component {
  const component = new Models.Component(subjectTypes[subject.kind], subject.name, {
    bomRef: subjectReference(subject),
    ...(subject.version === undefined ? {} : { version: subject.version }),
    ...(subject.purl === undefined ? {} : { purl: subject.purl }),
  });
  if (subject.digest !== undefined)
    component.hashes.set(Enums.HashAlgorithm['SHA-256'], subject.digest.slice('sha256:'.length));
  const source = build.find(
    ({ name, value }) => name === 'source' && /^(?:https?|ssh|git):\/\/[\x21-\x7e]+$/.test(value),
  );
  if (source !== undefined)
    component.externalReferences.add(
      new Models.ExternalReference(source.value, Enums.ExternalReferenceType.VCS, { comment: source.standing }),
    );
  return component;
}

type Pair = readonly [string, string | undefined];

/** What the format has no place for: how far the stock can be relied on, and which operating system it is about. */
function stockPairs({ complete, operatingSystem: system, unreadable, notes = [] }: Stock): Pair[] {
  return [
    [names.complete, String(complete)],
    [names.systemId, system?.id],
    [names.systemVersion, system?.versionId],
    [names.systemName, system?.name],
    ...placePairs(unreadable, names.unreadable),
    ...placePairs(notes, names.note),
  ];
}

function placePairs(places: readonly Unreadable[], name: (typeof names)['unreadable']): Pair[] {
  return places.flatMap(({ path, layer, reason }, index): Pair[] => [
    [name(index, 'path'), path],
    [name(index, 'layer'), layer],
    [name(index, 'reason'), reason],
  ]);
}

function buildPairs(build: readonly BuildFact[]): Pair[] {
  return build.flatMap(({ name, value, standing, saidBy }, index): Pair[] => [
    [names.build(index, 'name'), name],
    [names.build(index, 'value'), value],
    [names.build(index, 'standing'), standing],
    [names.build(index, 'saidBy'), saidBy],
  ]);
}

/** The operating system as an entry of its own: Trivy, Grype and Dependency-Track look for it there. */
export function toSystemModel({ id, versionId, name }: OperatingSystem): Models.Component {
  return new Models.Component(Enums.ComponentType.OperatingSystem, id, {
    bomRef: `os:${id}@${versionId ?? ''}`,
    ...(versionId === undefined ? {} : { version: versionId }),
    ...(name === undefined ? {} : { description: name }),
  });
}

export function toModel(component: Component): Models.Component {
  const pairs: Pair[] = [
    ...factPairs(component, names.prefix),
    ...component.locations.flatMap(({ path, layer }, index): Pair[] => [
      [names.location(index, 'path'), path],
      [names.location(index, 'layer'), layer],
    ]),
  ];
  return new Models.Component(Enums.ComponentType.Library, component.name, {
    bomRef: component.purl,
    purl: component.purl,
    version: component.version,
    scope: scopes[component.scope],
    licenses: new Models.LicenseRepository(toLicences(component.licences)),
    hashes: new Models.HashDictionary(
      wellFormedHashes(component).map(({ algorithm, value }) => [hashAlgorithms[algorithm], value]),
    ),
    ...(component.supplier === undefined ? {} : { supplier: toSupplier(component.supplier) }),
    properties: new Models.PropertyRepository(toProperties(pairs)),
  });
}

function toSupplier(text: string): Models.OrganizationalEntity {
  const { name, email } = parseContact(text);
  const contact = email === undefined ? [] : [new Models.OrganizationalContact({ email })];
  return new Models.OrganizationalEntity({ name, contact: new Models.OrganizationalContactRepository(contact) });
}

function toProperties(pairs: readonly Pair[]): Models.Property[] {
  return pairs.flatMap(([name, value]) => (value === undefined ? [] : [new Models.Property(name, value)]));
}

/** The schemas take one expression alone, or any number of licences by id or name. */
function toLicences(claims: readonly LicenceClaim[]): Models.License[] {
  const isExpressed = claims.every((claim) => claim.kind === 'expression');
  if (isExpressed && !claims.every(isListed)) return [declared(new Models.LicenseExpression(toDeclared(claims)))];
  return claims.map((claim) => {
    const licence = isListed(claim)
      ? new Models.SpdxLicense(licenceText(claim))
      : new Models.NamedLicense(licenceText(claim));
    return declared(licence);
  });
}

/** One licence of SPDX's list, by its id. */
function isListed(claim: LicenceClaim): boolean {
  return claim.kind === 'expression' && SPDX.isSupportedSpdxId(claim.expression);
}

/** What the package says of itself: nothing here is concluded. */
function declared<T extends Models.License>(licence: T): T {
  licence.acknowledgement = Enums.LicenseAcknowledgement.Declared;
  return licence;
}

/** A stock as a CycloneDX 1.6 JSON document (https://cyclonedx.org/docs/1.6/json/), through the CycloneDX library. */
import { Enums, Models, Serialize, SPDX, Spec } from '@cyclonedx/cyclonedx-library';
import type { Component, FileHash, LicenceClaim, Stock } from '../../domain/sbom/component.ts';
import type { SbomDocument, SbomSubject } from '../../domain/sbom/document.ts';
import { documentUuid } from './document-id.ts';
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

/** UTF-8 JSON that ends with a newline. Equal documents give equal bytes. */
export function writeCycloneDx(document: SbomDocument): Uint8Array {
  const bom = new Models.Bom({
    serialNumber: `urn:uuid:${documentUuid(document)}`,
    metadata: toMetadata(document),
  });
  const byPurl = new Map(document.stock.components.map((component) => [component.purl, toModel(component)]));
  const targets = new Set(document.stock.components.flatMap((component) => component.dependsOn));
  for (const component of document.stock.components) {
    const model = byPurl.get(component.purl);
    if (model === undefined) continue;
    bom.components.add(model);
    for (const purl of component.dependsOn) {
      const target = byPurl.get(purl);
      if (target !== undefined) model.dependencies.add(target.bomRef);
    }
    if (!targets.has(component.purl)) bom.metadata.component?.dependencies.add(model.bomRef);
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  const text = serializer.serialize(bom, { sortLists: false, space: 2 });
  return new TextEncoder().encode(`${text}\n`);
}

function toMetadata({ subject, stock, created, toolVersion }: SbomDocument): Models.Metadata {
  const component = new Models.Component(subjectTypes[subject.kind], subject.name, {
    bomRef: `subject:${subject.purl ?? subject.name}`,
    ...(subject.version === undefined ? {} : { version: subject.version }),
    ...(subject.purl === undefined ? {} : { purl: subject.purl }),
  });
  if (subject.digest !== undefined)
    component.hashes.set(Enums.HashAlgorithm['SHA-256'], subject.digest.slice('sha256:'.length));
  const tool = new Models.Component(Enums.ComponentType.Application, 'pratique', {
    bomRef: 'tool:pratique',
    version: toolVersion,
  });
  return new Models.Metadata({
    timestamp: new Date(created),
    tools: new Models.Tools({ components: new Models.ComponentRepository([tool]) }),
    component,
    properties: new Models.PropertyRepository(stockProperties(stock)),
  });
}

/** What the format has no place for: how far the stock can be relied on, and which operating system it is about. */
function stockProperties(stock: Stock): Models.Property[] {
  const { operatingSystem: system } = stock;
  const pairs: [string, string | undefined][] = [
    [names.complete, String(stock.complete)],
    [names.systemId, system?.id],
    [names.systemVersion, system?.versionId],
    [names.systemName, system?.name],
  ];
  stock.unreadable.forEach(({ path, layer, reason }, index) => {
    pairs.push([names.unreadable(index, 'path'), path]);
    pairs.push([names.unreadable(index, 'layer'), layer]);
    pairs.push([names.unreadable(index, 'reason'), reason]);
  });
  return toProperties(pairs);
}

function toModel(component: Component): Models.Component {
  const pairs: [string, string | undefined][] = [
    [names.foundBy, component.foundBy],
    [names.ecosystem, component.ecosystem],
    [names.advisoryName, component.advisoryName],
    [names.advisoryVersion, component.advisoryVersion],
    [names.release, component.release],
  ];
  component.locations.forEach(({ path, layer }, index) => {
    pairs.push([names.location(index, 'path'), path]);
    pairs.push([names.location(index, 'layer'), layer]);
  });
  return new Models.Component(Enums.ComponentType.Library, component.name, {
    bomRef: component.purl,
    purl: component.purl,
    version: component.version,
    scope: scopes[component.scope],
    licenses: new Models.LicenseRepository(toLicences(component.licences)),
    hashes: new Models.HashDictionary(
      component.hashes.map(({ algorithm, value }) => [hashAlgorithms[algorithm], value]),
    ),
    ...(component.supplier === undefined
      ? {}
      : { supplier: new Models.OrganizationalEntity({ name: component.supplier }) }),
    properties: new Models.PropertyRepository(toProperties(pairs)),
  });
}

function toProperties(pairs: readonly [string, string | undefined][]): Models.Property[] {
  return pairs.flatMap(([name, value]) => (value === undefined ? [] : [new Models.Property(name, value)]));
}

/** The schema takes one expression alone, or any number of licences by id or name. */
function toLicences(claims: readonly LicenceClaim[]): Models.License[] {
  return claims.map((claim) => {
    if (claim.kind === 'unresolved') return new Models.NamedLicense(claim.text);
    if (SPDX.isSupportedSpdxId(claim.expression)) return new Models.SpdxLicense(claim.expression);
    return claims.length === 1
      ? new Models.LicenseExpression(claim.expression)
      : new Models.NamedLicense(claim.expression);
  });
}

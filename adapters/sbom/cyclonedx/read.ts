/** Reads CycloneDX documents, versions 1.2 to 1.7, ours and others'. XML has been turned into the shape of JSON by then. */
import { isDigest, parseDigest } from '../../../domain/artifact/digest.ts';
import { type BuildFact, buildFactNames } from '../../../domain/sbom/build-fact.ts';
import type { FileHash, LicenceClaim, Location, OperatingSystem, Unreadable } from '../../../domain/sbom/component.ts';
import type { SbomSubject } from '../../../domain/sbom/document.ts';
import type { SourcePackage } from '../../../domain/sbom/from-purl.ts';
import { toLicenceClaim } from '../../../domain/sbom/licence.ts';
import { readFactPairs } from '../component-facts.ts';
import { formatContact } from '../contact.ts';
import { MAX_COMPONENTS } from '../document-limits.ts';
import { createKeptBudget } from '../kept-budget.ts';
import { createComponentList, type ListedComponent } from '../listed-component.ts';
import { SbomError } from '../sbom-error.ts';
import type { SbomCollector } from '../sbom-reading.ts';
import { fromDeclared } from '../spdx2/licence.ts';
import { isWellFormedHash } from '../well-formed-hashes.ts';
import { checkComponent, checkDependency, checkRest } from './check-document.ts';
import type { CdxComponent, CdxProperties, CdxRest } from './document-schema.ts';
import { propertyNames as names } from './property-names.ts';

/** Entries of these types are no packages. */
const notPackages = new Set(['file', 'operating-system', 'device', 'data', 'cryptographic-asset']);

/** Takes components and dependencies one by one, so that a million of them need not be in memory as JSON. */
export function createCycloneDxCollector(): SbomCollector {
  const list = createComponentList(createKeptBudget());
  let system: OperatingSystem | undefined;
  let count = 0;
  const takeComponent = (value: unknown): void => {
    count += 1;
    if (count > MAX_COMPONENTS) throw new SbomError('SBOM_TOO_LARGE', `more than ${MAX_COMPONENTS} components`);
    const component = checkComponent(value, `CycloneDX component ${count}`);
    if (component.type === 'operating-system') system ??= toSystem(component);
    if (!notPackages.has(component.type)) list.add(toListed(component, count));
    for (const inner of component.components ?? []) takeComponent(inner);
  };
  const takeDependency = (value: unknown): void => {
    const { ref, dependsOn } = checkDependency(value, 'CycloneDX dependency');
    for (const to of dependsOn ?? []) list.edge(ref, to);
  };
  return {
    lists: ['components', 'dependencies'],
    take(name, element) {
      if (name === 'components') takeComponent(element);
      else takeDependency(element);
    },
    recognises: ({ bomFormat, specVersion }) => bomFormat === 'CycloneDX' && specVersion !== undefined,
    finish(rest) {
      if (!/^1\.[2-7]$/.test(String(rest.specVersion)))
        throw new SbomError('SBOM_UNSUPPORTED_VERSION', 'a CycloneDX document of another version than 1.2 to 1.7');
      const document = checkRest(rest, 'CycloneDX');
      const told = toMap(document.metadata?.properties);
      const about = document.metadata?.component;
      const subject =
        about === undefined || about === null ? undefined : checkComponent(about, 'CycloneDX metadata.component');
      for (const inner of subject?.components ?? []) takeComponent(inner);
      const operatingSystem = toldSystem(told) ?? system;
      const unreadable = readPlaces(told, names.unreadable);
      const notes = readPlaces(told, names.note);
      const build = readBuild(told);
      return {
        format: `CycloneDX ${document.specVersion}`,
        ...(document.serialNumber ? { serialNumber: document.serialNumber.toLowerCase() } : {}),
        creators: creatorsOf(document.metadata),
        stock: {
          components: list.components(),
          unreadable,
          ...(notes.length === 0 ? {} : { notes }),
          ...(operatingSystem === undefined ? {} : { operatingSystem }),
          complete: told.get(names.complete) !== 'false' && unreadable.length === 0,
        },
        ...(subject === undefined ? {} : { subject: toSubject(subject) }),
        ...(document.metadata?.timestamp ? { created: document.metadata.timestamp } : {}),
        ...(build.length === 0 ? {} : { build }),
      };
    },
  };
}

/** Tools by name alone: what else they are depends on the version of the format. */
function creatorsOf(metadata: CdxRest['metadata']): string[] {
  const entities = [metadata?.manufacturer, metadata?.manufacture, metadata?.supplier];
  return [
    ...(metadata?.authors ?? []).map(
      (author) => `Person: ${formatContact(author.name ?? undefined, author.email ?? undefined) ?? ''}`,
    ),
    ...entities.flatMap((one) => {
      const urls = one?.url === undefined || one.url === null ? [] : [one.url].flat();
      const said = [formatContact(one?.name ?? undefined, one?.contact?.[0]?.email ?? undefined), ...urls].filter(
        Boolean,
      );
      return said.length === 0 ? [] : [`Organization: ${said.join(' ')}`];
    }),
    ...toolNames(metadata?.tools).map((name) => `Tool: ${name}`),
  ];
}

/** A list up to 1.4, an object with components since 1.5. None where one has no name. */
function toolNames(tools: unknown): string[] {
  const list: unknown = isObject(tools) ? tools.components : tools;
  const names = Array.isArray(list) ? list.map((one: unknown) => (isObject(one) ? one.name : undefined)) : [];
  return names.every((name) => typeof name === 'string') ? names : [];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function toSystem({ name, version, description }: CdxComponent): OperatingSystem {
  return { id: name, ...(version ? { versionId: version } : {}), ...(description ? { name: description } : {}) };
}

function toldSystem(told: ReadonlyMap<string, string>): OperatingSystem | undefined {
  const id = told.get(names.systemId);
  const versionId = told.get(names.systemVersion);
  const name = told.get(names.systemName);
  if (id === undefined) return undefined;
  return { id, ...(versionId === undefined ? {} : { versionId }), ...(name === undefined ? {} : { name }) };
}

function toSubject({ type, name, group, version, purl, hashes }: CdxComponent): SbomSubject {
  const sha256 = hashes?.find(({ alg, content }) => alg === 'SHA-256' && /^[0-9a-f]{64}$/i.test(content));
  return {
    kind: type === 'container' || type === 'file' ? type : 'application',
    name: group ? `${group}/${name}` : name,
    ...(version ? { version } : {}),
    ...(sha256 === undefined ? {} : { digest: parseDigest(`sha256:${sha256.content.toLowerCase()}`) }),
    ...(purl ? { purl } : {}),
  };
}

function readBuild(told: ReadonlyMap<string, string>): BuildFact[] {
  const facts: BuildFact[] = [];
  for (let index = 0; ; index += 1) {
    const name = buildFactNames.find((known) => known === told.get(names.build(index, 'name')));
    const value = told.get(names.build(index, 'value'));
    if (name === undefined || value === undefined) return facts;
    const standing = told.get(names.build(index, 'standing')) === 'verified' ? 'verified' : 'claimed';
    facts.push({ name, value, standing, saidBy: told.get(names.build(index, 'saidBy')) ?? 'not said' });
  }
}

function toListed(component: CdxComponent, index: number): ListedComponent {
  const told = toMap(component.properties);
  return {
    reference: component['bom-ref'] ?? `components[${index}]`,
    purl: component.purl ?? undefined,
    name: component.group ? `${component.group}/${component.name}` : component.name,
    version: component.version ?? '',
    licences: toClaims(component.licenses ?? []),
    hashes: (component.hashes ?? []).flatMap(({ alg, content }) => toHash(alg, content)),
    supplier: toSupplier(component),
    scope: component.scope === 'excluded' ? 'development' : component.scope === 'optional' ? 'optional' : 'runtime',
    locations: readLocations(told, component),
    facts: readFactPairs(told, names.prefix),
    source: trivySource(told),
  };
}

/** Trivy has the source package in properties of its own, and no `upstream` in the purl. */
function trivySource(told: ReadonlyMap<string, string>): SourcePackage | undefined {
  const of = (name: string) => told.get(`aquasecurity:trivy:Src${name}`) ?? '';
  if (of('Name') === '') return undefined;
  const epoch = Number(of('Epoch')) > 0 ? `${of('Epoch')}:` : '';
  const release = of('Release') === '' ? '' : `-${of('Release')}`;
  return { name: of('Name'), version: of('Version') === '' ? '' : `${epoch}${of('Version')}${release}` };
}

/** Syft and others name who supplies a package as its publisher or author. */
function toSupplier({ supplier, publisher, manufacturer, author }: CdxComponent): string | undefined {
  const contact = supplier?.contact?.[0];
  return (
    formatContact(supplier?.name ?? contact?.name ?? undefined, contact?.email ?? undefined) ??
    ([publisher, manufacturer?.name, author].find(Boolean) || undefined)
  );
}

function toClaims(licenses: NonNullable<CdxComponent['licenses']>): LicenceClaim[] {
  return licenses.flatMap(({ expression, license }) => {
    if (expression) return fromDeclared(expression, new Map());
    const claim = toLicenceClaim(license?.id ?? license?.name ?? '');
    return claim === undefined ? [] : [claim];
  });
}

function toHash(algorithm: string, value: string): FileHash[] {
  switch (algorithm) {
    case 'MD5':
    case 'SHA-1':
    case 'SHA-256':
    case 'SHA-512':
      return [{ algorithm, value: value.toLowerCase() }].filter(isWellFormedHash) as FileHash[];
    default:
      return [];
  }
}

function toMap(list: CdxProperties): ReadonlyMap<string, string> {
  return new Map((list ?? []).map(({ name, value }) => [name ?? '', value ?? '']));
}

/** Ours, Syft's and Trivy's properties, and the format's own occurrences (since 1.5). */
function readLocations(told: ReadonlyMap<string, string>, { evidence }: CdxComponent): Location[] {
  const locations: Location[] = [];
  for (let index = 0; ; index += 1) {
    const path = told.get(names.location(index, 'path')) ?? told.get(`syft:location:${index}:path`);
    if (path === undefined) break;
    const layer = told.get(names.location(index, 'layer')) ?? told.get(`syft:location:${index}:layerID`);
    locations.push({ path, ...(layer !== undefined && isDigest(layer) ? { layer } : {}) });
  }
  if (locations.length > 0) return locations;
  const trivy = told.get('aquasecurity:trivy:FilePath');
  if (trivy) return [{ path: trivy }];
  return (evidence?.occurrences ?? []).flatMap(({ location }) => (location ? [{ path: location }] : []));
}

function readPlaces(told: ReadonlyMap<string, string>, name: (typeof names)['unreadable']): Unreadable[] {
  const places: Unreadable[] = [];
  for (let index = 0; ; index += 1) {
    const path = told.get(name(index, 'path'));
    if (path === undefined) return places;
    const layer = told.get(name(index, 'layer'));
    const reason = told.get(name(index, 'reason')) ?? 'not said';
    places.push({ path, ...(layer !== undefined && isDigest(layer) ? { layer } : {}), reason });
  }
}

/** Reads CycloneDX JSON documents, versions 1.4 to 1.6, ours and others'. */
import { z } from 'zod';
import { isDigest } from '../../domain/artifact/digest.ts';
import { foundComponentSchema } from '../../domain/catalog/layer-findings.ts';
import type { FileHash, LicenceClaim, Location, Stock, Unreadable } from '../../domain/sbom/component.ts';
import { toLicenceClaim } from '../../domain/sbom/licence.ts';
import { checkSbom } from './check-sbom.ts';
import { type ListedComponent, toComponents } from './listed-component.ts';
import { propertyNames as names } from './property-names.ts';
import { SbomError } from './sbom-error.ts';

const MAX_COMPONENTS = 200_000;
const MAX_DEPTH = 32;

const properties = z.array(z.object({ name: z.string().optional(), value: z.string().optional() })).optional();
const componentSchema = z.object({
  type: z.string(),
  name: z.string().min(1).max(1000),
  group: z.string().max(1000).optional(),
  version: z.string().max(1000).optional(),
  'bom-ref': z.string().max(4096).optional(),
  purl: z.string().max(4096).optional(),
  scope: z.enum(['required', 'optional', 'excluded']).optional(),
  supplier: z.object({ name: z.string().optional() }).optional(),
  hashes: z.array(z.object({ alg: z.string(), content: z.string().max(256) })).optional(),
  licenses: z
    .array(
      z.object({
        expression: z.string().optional(),
        license: z.object({ id: z.string().optional(), name: z.string().optional() }).optional(),
      }),
    )
    .optional(),
  properties,
  components: z.array(z.unknown()).optional(),
});
type CdxComponent = z.infer<typeof componentSchema>;

const documentSchema = z.object({
  specVersion: z.enum(['1.4', '1.5', '1.6']),
  metadata: z.object({ properties }).optional(),
  components: z.array(z.unknown()).optional(),
  dependencies: z
    .array(z.object({ ref: z.string(), dependsOn: z.array(z.string()).optional() }))
    .max(MAX_COMPONENTS)
    .optional(),
});

/** Entries of these types are no packages. */
const notPackages = new Set(['file', 'operating-system', 'device', 'data', 'cryptographic-asset']);

/** Throws a SbomError. */
export function readCycloneDx(json: unknown): Stock {
  const document = checkSbom(documentSchema, json, 'CycloneDX');
  const told = toMap(document.metadata?.properties);
  const listed = flatten(document.components ?? [])
    .filter(({ type }) => !notPackages.has(type))
    .map((component, index) => toListed(component, index));
  const edges = (document.dependencies ?? []).flatMap(({ ref, dependsOn = [] }) =>
    dependsOn.map((to) => ({ from: ref, to })),
  );
  const id = told.get(names.systemId);
  const versionId = told.get(names.systemVersion);
  const name = told.get(names.systemName);
  const unreadable = readUnreadable(told);
  return {
    components: toComponents(listed, edges),
    unreadable,
    ...(id === undefined
      ? {}
      : {
          operatingSystem: {
            id,
            ...(versionId === undefined ? {} : { versionId }),
            ...(name === undefined ? {} : { name }),
          },
        }),
    complete: told.get(names.complete) !== 'false' && unreadable.length === 0,
  };
}

function flatten(roots: readonly unknown[]): CdxComponent[] {
  const found: CdxComponent[] = [];
  const pending = [{ list: roots, depth: 0 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.depth > MAX_DEPTH) throw new SbomError('SBOM_TOO_LARGE', `components nested more than ${MAX_DEPTH} deep`);
    for (const one of next.list) {
      const component = checkSbom(componentSchema, one, 'CycloneDX component');
      found.push(component);
      if (found.length > MAX_COMPONENTS)
        throw new SbomError('SBOM_TOO_LARGE', `more than ${MAX_COMPONENTS} components`);
      if (component.components !== undefined) pending.push({ list: component.components, depth: next.depth + 1 });
    }
  }
  return found;
}

function toListed(component: CdxComponent, index: number): ListedComponent {
  const told = toMap(component.properties);
  const ecosystem = foundComponentSchema.shape.ecosystem.safeParse(told.get(names.ecosystem)).data;
  const [advisoryName, advisoryVersion, release, foundBy] = [
    told.get(names.advisoryName),
    told.get(names.advisoryVersion),
    told.get(names.release),
    told.get(names.foundBy),
  ];
  return {
    reference: component['bom-ref'] ?? `components[${index}]`,
    purl: component.purl,
    name: component.group ? `${component.group}/${component.name}` : component.name,
    version: component.version ?? '',
    licences: toClaims(component.licenses ?? []),
    hashes: (component.hashes ?? []).flatMap(({ alg, content }) => toHash(alg, content)),
    supplier: component.supplier?.name,
    scope: component.scope === 'excluded' ? 'development' : component.scope === 'optional' ? 'optional' : 'runtime',
    locations: readLocations(told),
    facts: {
      ...(ecosystem === undefined ? {} : { ecosystem }),
      ...(advisoryName === undefined ? {} : { advisoryName }),
      ...(advisoryVersion === undefined ? {} : { advisoryVersion }),
      ...(release === undefined ? {} : { release }),
      ...(foundBy === undefined ? {} : { foundBy }),
    },
  };
}

function toClaims(licenses: NonNullable<CdxComponent['licenses']>): LicenceClaim[] {
  return licenses.flatMap(({ expression, license }) => {
    const claim = toLicenceClaim(expression ?? license?.id ?? license?.name ?? '');
    return claim === undefined ? [] : [claim];
  });
}

function toHash(algorithm: string, value: string): FileHash[] {
  switch (algorithm) {
    case 'MD5':
    case 'SHA-1':
    case 'SHA-256':
    case 'SHA-512':
      return [{ algorithm, value: value.toLowerCase() }];
    default:
      return [];
  }
}

function toMap(list: z.infer<typeof properties>): ReadonlyMap<string, string> {
  return new Map((list ?? []).map(({ name = '', value = '' }) => [name, value]));
}

function readLocations(told: ReadonlyMap<string, string>): Location[] {
  const locations: Location[] = [];
  for (let index = 0; ; index += 1) {
    const path = told.get(names.location(index, 'path'));
    if (path === undefined) return locations;
    const layer = told.get(names.location(index, 'layer'));
    locations.push({ path, ...(layer !== undefined && isDigest(layer) ? { layer } : {}) });
  }
}

function readUnreadable(told: ReadonlyMap<string, string>): Unreadable[] {
  const unreadable: Unreadable[] = [];
  for (let index = 0; ; index += 1) {
    const path = told.get(names.unreadable(index, 'path'));
    if (path === undefined) return unreadable;
    const layer = told.get(names.unreadable(index, 'layer'));
    const reason = told.get(names.unreadable(index, 'reason')) ?? 'not said';
    unreadable.push({ path, ...(layer !== undefined && isDigest(layer) ? { layer } : {}), reason });
  }
}

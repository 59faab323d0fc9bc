/** Reads Syft's own JSON (https://github.com/anchore/syft/tree/main/schema/json), schema versions from 3 on. */
import { z } from 'zod';
import { isDigest } from '../../../domain/artifact/digest.ts';
import { ownValue } from '../../../domain/own-value.ts';
import type { FileHash, LicenceClaim, Unreadable } from '../../../domain/sbom/component.ts';
import type { SbomSubject } from '../../../domain/sbom/document.ts';
import { toLicenceClaim } from '../../../domain/sbom/licence.ts';
import { checkSbom } from '../check-sbom.ts';
import { MAX_COMPONENTS } from '../document-limits.ts';
import { createKeptBudget } from '../kept-budget.ts';
import { createComponentList, type ListedComponent } from '../listed-component.ts';
import { SbomError } from '../sbom-error.ts';
import type { SbomCollector } from '../sbom-reading.ts';
import { isWellFormedHash } from '../well-formed-hashes.ts';

const MAX_UNKNOWNS = 100_000;

const licence = z.union([z.string(), z.object({ value: z.string().nullish(), spdxExpression: z.string().nullish() })]);
const artifactSchema = z.object({
  id: z.string().max(4096),
  name: z.string().min(1).max(1000),
  version: z.string().max(1000).nullish(),
  purl: z.string().max(4096).nullish(),
  locations: z
    .array(z.object({ path: z.string(), layerID: z.string().nullish() }))
    .max(10_000)
    .nullish(),
  licenses: z.array(licence).nullish(),
  metadata: z.object({ maintainer: z.unknown(), digest: z.unknown() }).partial().nullish(),
});

/** What Syft could not read is told of files; of the others nothing is wanted here. */
const fileSchema = z.object({
  location: z.object({ path: z.string(), layerID: z.string().nullish() }),
  unknowns: z.array(z.string()).nullish(),
});
/** Of the archive itself, which the catalogers of Java tell. */
const digestsSchema = z.array(z.object({ algorithm: z.string(), value: z.string() }));
const algorithms: Readonly<Record<string, FileHash['algorithm']>> = {
  md5: 'MD5',
  sha1: 'SHA-1',
  sha256: 'SHA-256',
  sha512: 'SHA-512',
};

const relationshipSchema = z.object({ parent: z.string().max(4096), child: z.string().max(4096), type: z.string() });

const restSchema = z.object({
  schema: z.object({ version: z.string().max(100) }),
  descriptor: z.object({ name: z.string(), version: z.string().nullish() }),
  source: z
    .object({
      type: z.string(),
      name: z.string().nullish(),
      version: z.string().nullish(),
      metadata: z.object({ userInput: z.string(), manifestDigest: z.string(), path: z.string() }).partial().nullish(),
    })
    .nullish(),
  distro: z.object({ id: z.string(), versionID: z.string(), prettyName: z.string() }).partial().nullish(),
});

/** Takes artifacts, relationships and files one by one. A file is no package: it says what could not be read. */
export function createSyftCollector(): SbomCollector {
  const budget = createKeptBudget();
  const list = createComponentList(budget);
  const unreadable: Unreadable[] = [];
  let count = 0;
  return {
    lists: ['artifacts', 'artifactRelationships', 'files'],
    take(name, element) {
      if (name === 'artifacts') {
        count += 1;
        const artifact = checkSbom(artifactSchema, element, `Syft artifact ${count}`);
        list.add(toListed(artifact));
        if (count > MAX_COMPONENTS) throw new SbomError('SBOM_TOO_LARGE', `more than ${MAX_COMPONENTS} artifacts`);
        return;
      }
      if (name === 'files') {
        for (const one of unknownsIn(checkSbom(fileSchema, element, 'Syft file'))) {
          budget.take(2 * (one.path.length + one.reason.length));
          unreadable.push(one);
        }
        if (unreadable.length > MAX_UNKNOWNS)
          throw new SbomError('SBOM_TOO_LARGE', `more than ${MAX_UNKNOWNS} unknowns`);
        return;
      }
      const { parent, child, type } = checkSbom(relationshipSchema, element, 'Syft relationship');
      // "parent is a dependency of child".
      if (type === 'dependency-of') list.edge(child, parent);
    },
    recognises: ({ schema, descriptor }) =>
      typeof schema === 'object' && typeof descriptor === 'object' && descriptor !== null && 'name' in descriptor,
    finish(rest) {
      const { schema, distro, source, descriptor } = checkSbom(restSchema, rest, 'Syft');
      return {
        format: `Syft ${schema.version}`,
        creators: [`Tool: ${descriptor.name}-${descriptor.version ?? ''}`],
        stock: {
          components: list.components(),
          unreadable,
          ...(distro?.id
            ? {
                operatingSystem: {
                  id: distro.id,
                  ...(distro.versionID ? { versionId: distro.versionID } : {}),
                  ...(distro.prettyName ? { name: distro.prettyName } : {}),
                },
              }
            : {}),
          complete: unreadable.length === 0,
        },
        ...(source ? { subject: toSubject(source) } : {}),
      };
    },
  };
}

function toSubject(source: NonNullable<z.infer<typeof restSchema>['source']>): SbomSubject {
  const { type, name, version, metadata } = source;
  const digest = metadata?.manifestDigest;
  return {
    kind: type === 'image' ? 'container' : type === 'file' ? 'file' : 'application',
    name: name || metadata?.userInput || metadata?.path || 'unnamed',
    ...(version ? { version } : {}),
    ...(digest !== undefined && isDigest(digest) ? { digest } : {}),
  };
}

function toListed({
  id,
  name,
  version,
  purl,
  locations,
  licenses,
  metadata,
}: z.infer<typeof artifactSchema>): ListedComponent {
  const maintainer = metadata?.maintainer;
  return {
    reference: id,
    purl: purl || undefined,
    name,
    version: version ?? '',
    licences: (licenses ?? []).flatMap(toClaim),
    hashes: hashesIn(metadata?.digest),
    supplier: typeof maintainer === 'string' && maintainer !== '' ? maintainer : undefined,
    scope: 'runtime',
    locations: (locations ?? []).map(({ path, layerID }) => ({
      path,
      ...(layerID && isDigest(layerID) ? { layer: layerID } : {}),
    })),
    facts: {},
  };
}

function unknownsIn({ location, unknowns }: z.infer<typeof fileSchema>): Unreadable[] {
  const { path, layerID } = location;
  return (unknowns ?? []).map((reason) => ({
    path,
    ...(layerID && isDigest(layerID) ? { layer: layerID } : {}),
    reason,
  }));
}

function hashesIn(digests: unknown): FileHash[] {
  return (digestsSchema.safeParse(digests).data ?? []).flatMap(({ algorithm, value }) => {
    const known = ownValue(algorithms, algorithm);
    const hash = known === undefined ? undefined : { algorithm: known, value };
    return hash !== undefined && isWellFormedHash(hash) ? [hash] : [];
  });
}

function toClaim(said: z.infer<typeof licence>): LicenceClaim[] {
  const claim = toLicenceClaim(typeof said === 'string' ? said : said.spdxExpression || said.value || '');
  return claim === undefined ? [] : [claim];
}

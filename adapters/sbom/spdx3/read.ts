/** Reads SPDX 3.0 and 3.0.1 JSON-LD as its own serialisation writes it: one graph, short names, no other contexts. */
import { z } from 'zod';
import { parseDigest } from '../../../domain/artifact/digest.ts';
import type { FileHash, LicenceClaim, OperatingSystem } from '../../../domain/sbom/component.ts';
import type { SbomSubject } from '../../../domain/sbom/document.ts';
import { checkSbom } from '../check-sbom.ts';
import { formatContact } from '../contact.ts';
import { MAX_COMPONENTS } from '../document-limits.ts';
import { createComponentList, type ListedComponent } from '../listed-component.ts';
import { SbomError } from '../sbom-error.ts';
import type { SbomCollector } from '../sbom-reading.ts';
import { findNote, packageNoteSchema, stockNoteSchema } from '../spdx2/annotation.ts';
import { fromDeclared } from '../spdx2/licence.ts';
import { isWellFormedHash } from '../well-formed-hashes.ts';
import { hashAlgorithms } from './elements.ts';

const id = z.string().max(4096);
const identifiers = z
  .array(z.object({ externalIdentifierType: z.string(), identifier: z.string().max(4096) }))
  .nullish();
const elementSchema = z.object({
  type: z.string(),
  spdxId: id.nullish(),
  created: z.string().max(100).nullish(),
  createdBy: z.array(id).nullish(),
  createdUsing: z.array(id).nullish(),
  name: z.string().max(1000).nullish(),
  summary: z.string().nullish(),
  software_packageVersion: z.string().max(1000).nullish(),
  software_packageUrl: z.string().max(4096).nullish(),
  software_primaryPurpose: z.string().nullish(),
  suppliedBy: id.nullish(),
  verifiedUsing: z
    .array(z.object({ algorithm: z.string().nullish(), hashValue: z.string().max(256).nullish() }))
    .nullish(),
  externalIdentifier: identifiers,
  rootElement: z.array(id).nullish(),
  from: id.nullish(),
  to: z.array(id).nullish(),
  relationshipType: z.string().nullish(),
  subject: id.nullish(),
  statement: z.string().nullish(),
  simplelicensing_licenseExpression: z.string().max(100_000).nullish(),
  simplelicensing_licenseText: z.string().nullish(),
  simplelicensing_customIdToUri: z.array(z.object({ key: z.string(), value: z.string().nullish() })).nullish(),
});
type Element = z.infer<typeof elementSchema>;

/** Takes the graph's elements one by one; what they say of each other is put together at the end. */
export function createSpdx3Collector(): SbomCollector {
  const graph = createGraph();
  return {
    lists: ['@graph'],
    take(_list, element) {
      graph.take(checkSbom(elementSchema, element, 'SPDX 3 element'));
    },
    recognises: (rest) => String(rest['@context']).startsWith('https://spdx.org/rdf/'),
    finish(rest) {
      const version = /^https:\/\/spdx\.org\/rdf\/(3\.0(?:\.[01])?)\/spdx-context\.jsonld$/.exec(
        String(rest['@context']),
      )?.[1];
      if (version === undefined)
        throw new SbomError('SBOM_UNSUPPORTED_VERSION', 'an SPDX document of another version than 2.2, 2.3 or 3.0.1');
      return { format: `SPDX ${version}`, ...graph.finish() };
    },
  };
}

function createGraph() {
  const packages = new Map<string, Element>();
  const agents = new Map<string, string>();
  const expressions = new Map<string, Element>();
  const texts = new Map<string, string>();
  const statements = new Map<string, string[]>();
  const roots = new Map<string, readonly string[]>();
  const documents: string[] = [];
  const declared = new Map<string, readonly string[]>();
  const concluded = new Map<string, readonly string[]>();
  const list = createComponentList();
  const creators = new Set<string>();
  let created: string | undefined;

  const relate = ({ from, to, relationshipType }: Element): void => {
    if (!from || !to) return;
    if (relationshipType === 'hasDeclaredLicense') declared.set(from, to);
    else if (relationshipType === 'hasConcludedLicense') concluded.set(from, to);
    else if (relationshipType === 'dependsOn') for (const target of to) list.edge(from, target);
  };
  const take = (element: Element): void => {
    const own = element.spdxId ?? '';
    switch (element.type) {
      case 'software_Package':
      case 'ai_AIPackage':
      case 'dataset_DatasetPackage':
        packages.set(own, element);
        if (packages.size > MAX_COMPONENTS)
          throw new SbomError('SBOM_TOO_LARGE', `more than ${MAX_COMPONENTS} packages`);
        break;
      case 'Tool':
      case 'SoftwareAgent':
      case 'Organization':
      case 'Person':
      case 'Agent':
        agents.set(own, contactOf(element));
        break;
      case 'simplelicensing_LicenseExpression':
        expressions.set(own, element);
        break;
      case 'simplelicensing_SimpleLicensingText':
        texts.set(own, element.simplelicensing_licenseText ?? '');
        break;
      case 'Relationship':
      case 'LifecycleScopedRelationship':
        relate(element);
        break;
      case 'Annotation':
        if (element.subject && element.statement)
          statements.set(element.subject, [...(statements.get(element.subject) ?? []), element.statement]);
        break;
      case 'SpdxDocument':
        documents.push(own);
        roots.set(own, element.rootElement ?? []);
        break;
      case 'software_Sbom':
      case 'Bom':
        roots.set(own, element.rootElement ?? []);
        break;
      case 'CreationInfo':
        created ??= element.created ?? undefined;
        for (const one of [...(element.createdBy ?? []), ...(element.createdUsing ?? [])]) creators.add(one);
        break;
      default:
    }
  };
  const claimsOf = (own: string): LicenceClaim[] =>
    [...(declared.get(own) ?? concluded.get(own) ?? [])].flatMap((licence) => {
      const { simplelicensing_licenseExpression: text, simplelicensing_customIdToUri: custom } =
        expressions.get(licence) ?? {};
      const known = new Map((custom ?? []).map(({ key, value }) => [key, texts.get(value ?? '') ?? key]));
      return fromDeclared(text ?? undefined, known);
    });
  const toListed = (own: string, one: Element): ListedComponent => {
    const note = findNote(statements.get(own) ?? [], packageNoteSchema);
    const { scope = 'runtime', locations = [], ...facts } = note ?? {};
    return {
      reference: own,
      purl: purlOf(one),
      name: one.name || own,
      version: one.software_packageVersion ?? '',
      licences: claimsOf(own),
      hashes: hashesOf(one),
      supplier: one.suppliedBy ? agents.get(one.suppliedBy) || undefined : undefined,
      scope,
      locations: locations.map(({ path, layer }) => ({ path, ...(layer === undefined ? {} : { layer }) })),
      facts,
    };
  };
  return {
    take,
    finish() {
      const subjects = new Set(
        documents.flatMap((one) => roots.get(one) ?? []).flatMap((one) => [one, ...(roots.get(one) ?? [])]),
      );
      const note = findNote(
        documents.flatMap((one) => statements.get(one) ?? []),
        stockNoteSchema,
      );
      const all = [...packages].filter(([, one]) => one.software_primaryPurpose !== 'operatingSystem');
      const inside = all.filter(([own]) => !subjects.has(own));
      const listed = inside.length === 0 && note === undefined ? all : inside;
      for (const [own, one] of listed) list.add(toListed(own, one));
      const about = all.find(([own]) => subjects.has(own))?.[1];
      const found = [...packages.values()].find((one) => one.software_primaryPurpose === 'operatingSystem');
      const system =
        note === undefined ? found && toSystem(found) : note.operatingSystem && cleanSystem(note.operatingSystem);
      return {
        stock: {
          components: list.components(),
          unreadable: (note?.unreadable ?? []).map(({ path, layer, reason }) => ({
            path,
            ...(layer === undefined ? {} : { layer }),
            reason,
          })),
          ...(system === undefined ? {} : { operatingSystem: system }),
          complete: note?.complete ?? true,
        },
        ...(about === undefined ? {} : { subject: toSubject(about) }),
        ...(created === undefined ? {} : { created }),
        creators: [...creators].flatMap((one) => agents.get(one) || []),
        ...(note?.build === undefined ? {} : { build: note.build }),
      };
    },
  };
}

function contactOf({ name, externalIdentifier }: Element): string {
  const email = externalIdentifier?.find(
    ({ externalIdentifierType }) => externalIdentifierType === 'email',
  )?.identifier;
  return formatContact(name ?? undefined, email) ?? '';
}

function purlOf({ software_packageUrl: purl, externalIdentifier }: Element): string | undefined {
  if (purl) return purl;
  return externalIdentifier?.find(({ externalIdentifierType }) => externalIdentifierType === 'packageUrl')?.identifier;
}

function hashesOf({ verifiedUsing }: Element): FileHash[] {
  const names = Object.entries(hashAlgorithms) as [FileHash['algorithm'], string][];
  return (verifiedUsing ?? []).flatMap(({ algorithm, hashValue }) => {
    const known = names.find(([, name]) => name === algorithm)?.[0];
    const hash = known === undefined || !hashValue ? undefined : { algorithm: known, value: hashValue.toLowerCase() };
    return hash !== undefined && isWellFormedHash(hash) ? [hash] : [];
  });
}

function toSystem({ name, software_packageVersion: version, summary }: Element): OperatingSystem {
  return { id: name ?? 'unknown', ...(version ? { versionId: version } : {}), ...(summary ? { name: summary } : {}) };
}

function cleanSystem({
  id: own,
  versionId,
  name,
}: {
  id: string;
  versionId?: string | undefined;
  name?: string | undefined;
}): OperatingSystem {
  return { id: own, ...(versionId === undefined ? {} : { versionId }), ...(name === undefined ? {} : { name }) };
}

function toSubject(one: Element): SbomSubject {
  const purl = purlOf(one);
  const sha256 = hashesOf(one).find(({ algorithm }) => algorithm === 'SHA-256');
  const purpose = one.software_primaryPurpose;
  return {
    kind: purpose === 'container' || purpose === 'file' ? purpose : 'application',
    name: one.name || 'unnamed',
    ...(one.software_packageVersion ? { version: one.software_packageVersion } : {}),
    ...(sha256 === undefined ? {} : { digest: parseDigest(`sha256:${sha256.value}`) }),
    ...(purl === undefined ? {} : { purl }),
  };
}

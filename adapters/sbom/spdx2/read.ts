/** Reads SPDX 2.2 and 2.3 documents, ours and others'. Tag-value has been turned into the shape of JSON by then. */
import { z } from 'zod';
import { parseDigest } from '../../../domain/artifact/digest.ts';
import type { FileHash, OperatingSystem, Stock } from '../../../domain/sbom/component.ts';
import type { SbomSubject } from '../../../domain/sbom/document.ts';
import type { SourcePackage } from '../../../domain/sbom/from-purl.ts';
import { checkSbom } from '../check-sbom.ts';
import { formatContact } from '../contact.ts';
import { MAX_COMPONENTS } from '../document-limits.ts';
import { createKeptBudget } from '../kept-budget.ts';
import { type ComponentList, createComponentList, type ListedComponent } from '../listed-component.ts';
import { namesPackage } from '../names-package.ts';
import { createPackedList, type PackedList } from '../packed-list.ts';
import { SbomError } from '../sbom-error.ts';
import type { SbomCollector } from '../sbom-reading.ts';
import { isWellFormedHash } from '../well-formed-hashes.ts';
import { findNote, packageNoteSchema, type StockNote, stockNoteSchema, toPlaces } from './annotation.ts';
import { fromDeclared } from './licence.ts';

const annotations = z.array(z.object({ comment: z.string().nullish() })).nullish();
const packageSchema = z.object({
  SPDXID: z.string().max(4096),
  name: z.string().min(1).max(1000),
  versionInfo: z.string().max(1000).nullish(),
  supplier: z.string().max(1000).nullish(),
  originator: z.string().max(1000).nullish(),
  sourceInfo: z.string().nullish(),
  licenseDeclared: z.string().max(100_000).nullish(),
  licenseConcluded: z.string().max(100_000).nullish(),
  primaryPackagePurpose: z.string().nullish(),
  checksums: z.array(z.object({ algorithm: z.string(), checksumValue: z.string().max(256) })).nullish(),
  externalRefs: z.array(z.object({ referenceType: z.string(), referenceLocator: z.string().max(4096) })).nullish(),
  annotations,
});
type SpdxPackage = z.infer<typeof packageSchema>;

const relationshipSchema = z.object({
  spdxElementId: z.string().max(4096),
  relationshipType: z.string().max(100),
  relatedSpdxElement: z.string().max(4096),
});
const extractedSchema = z.object({ licenseId: z.string().max(4096), extractedText: z.string() });

const restSchema = z.object({
  spdxVersion: z.enum(['SPDX-2.2', 'SPDX-2.3']),
  name: z.string().nullish(),
  creationInfo: z.object({ created: z.string().max(100).nullish(), creators: z.array(z.string()).nullish() }).nullish(),
  documentDescribes: z.array(z.string()).nullish(),
  annotations,
});

const algorithms: Readonly<Record<string, FileHash['algorithm']>> = {
  MD5: 'MD5',
  SHA1: 'SHA-1',
  SHA256: 'SHA-256',
  SHA512: 'SHA-512',
};

/** Takes packages, relationships and texts one by one. Files and snippets of files are no packages: they are left out. */
export function createSpdxCollector(): SbomCollector {
  const budget = createKeptBudget();
  /** What licences are called and what the document is about may be told after them. */
  const packages = createPackedList<SpdxPackage>(budget);
  const list = createComponentList(budget);
  const subjects = new Set<string>();
  const texts = new Map<string, string>();
  const describe = (id: string): void => {
    if (subjects.has(id)) return;
    budget.take(2 * id.length);
    subjects.add(id);
  };
  const takeRelationship = (element: unknown): void => {
    const relationship = checkSbom(relationshipSchema, element, 'SPDX relationship');
    const { spdxElementId: from, relationshipType: type, relatedSpdxElement: to } = relationship;
    if (type === 'DESCRIBES') describe(to);
    else if (type === 'DESCRIBED_BY') describe(from);
    else if (type === 'DEPENDS_ON') list.edge(from, to);
    else if (dependencyOf.has(type)) list.edge(to, from);
  };
  return {
    lists: ['packages', 'relationships', 'hasExtractedLicensingInfos', 'files', 'snippets'],
    take(name, element) {
      if (name === 'packages') {
        const one = checkSbom(packageSchema, element, `SPDX package ${packages.length + 1}`);
        if (packages.length >= MAX_COMPONENTS)
          throw new SbomError('SBOM_TOO_LARGE', `more than ${MAX_COMPONENTS} packages`);
        packages.add(JSON.stringify(one));
      } else if (name === 'relationships') takeRelationship(element);
      else if (name === 'hasExtractedLicensingInfos') {
        const { licenseId, extractedText } = checkSbom(extractedSchema, element, 'SPDX extracted licence');
        budget.take(2 * (licenseId.length + extractedText.length));
        texts.set(licenseId, extractedText);
      }
    },
    recognises: ({ spdxVersion }) => spdxVersion !== undefined,
    finish(rest) {
      if (!/^SPDX-2\.[23]$/.test(String(rest.spdxVersion)))
        throw new SbomError('SBOM_UNSUPPORTED_VERSION', 'an SPDX document of another version than 2.2, 2.3 or 3.0.1');
      const document = checkSbom(restSchema, rest, 'SPDX');
      for (const id of document.documentDescribes ?? []) describe(id);
      const note = findNote(
        (document.annotations ?? []).map(({ comment }) => comment),
        stockNoteSchema,
      );
      const isOurs = note !== undefined;
      const { about, system } = listPackages({ packages, subjects, texts, list, isOurs }, createPackedList(budget));
      return {
        format: document.spdxVersion.replace('-', ' '),
        creators: document.creationInfo?.creators ?? [],
        stock: toStock(list, note, system),
        ...(about === undefined ? {} : { subject: toSubject(about) }),
        ...(document.creationInfo?.created ? { created: document.creationInfo.created } : {}),
        ...(note?.build === undefined ? {} : { build: note.build }),
      };
    },
  };
}

/** Of types which lead from what is needed to what needs it (clause 11.1). */
const dependencyOf = new Set([
  'DEPENDENCY_OF',
  'DEV_DEPENDENCY_OF',
  'BUILD_DEPENDENCY_OF',
  'TEST_DEPENDENCY_OF',
  'PROVIDED_DEPENDENCY_OF',
  'RUNTIME_DEPENDENCY_OF',
  'OPTIONAL_DEPENDENCY_OF',
]);

interface Collected {
  readonly packages: PackedList<SpdxPackage>;
  readonly subjects: ReadonlySet<string>;
  readonly texts: ReadonlyMap<string, string>;
  readonly list: ComponentList;
  readonly isOurs: boolean;
}

/**
 * The package a document describes is its subject, and in no list, unless somebody else's document has nothing else in it.
 * Of several none is what all of it is about: those that are packages are listed.
 */
function listPackages(
  { packages, subjects, texts, list, isOurs }: Collected,
  others: PackedList<SpdxPackage>,
): { readonly about: SpdxPackage | undefined; readonly system: SpdxPackage | undefined } {
  let about: SpdxPackage | undefined;
  let system: SpdxPackage | undefined;
  let contained = 0;
  let described = 0;
  for (const one of packages.drain()) {
    const isSystem =
      one.primaryPackagePurpose === 'OPERATING-SYSTEM' || one.primaryPackagePurpose === 'OPERATING_SYSTEM';
    const isSubject = subjects.has(one.SPDXID);
    if (isSystem) system ??= one;
    if (isSubject) {
      about ??= one;
      described += 1;
    }
    if (isSystem || isSubject) others.add(JSON.stringify(one));
    else {
      list.add(toListed(one, texts));
      contained += 1;
    }
  }
  if (isOurs) return { about, system };
  for (const one of others.drain())
    if (contained === 0 || (described > 1 && namesPackage(purlOf(one.externalRefs)))) list.add(toListed(one, texts));
  return { about, system };
}

function toStock(list: ComponentList, note: StockNote | undefined, found: SpdxPackage | undefined): Stock {
  const system = note?.operatingSystem ?? (found === undefined ? undefined : toSystem(found));
  return {
    components: list.components(),
    unreadable: toPlaces(note?.unreadable ?? []),
    ...(note?.notes === undefined ? {} : { notes: toPlaces(note.notes) }),
    ...(system === undefined
      ? {}
      : {
          operatingSystem: {
            id: system.id,
            ...(system.versionId === undefined ? {} : { versionId: system.versionId }),
            ...(system.name === undefined ? {} : { name: system.name }),
          },
        }),
    complete: note?.complete ?? true,
  };
}

function toSystem({ name, versionInfo, sourceInfo }: SpdxPackage): OperatingSystem {
  return { id: name, ...(versionInfo ? { versionId: versionInfo } : {}), ...(sourceInfo ? { name: sourceInfo } : {}) };
}

function toSubject({ name, versionInfo, primaryPackagePurpose, checksums, externalRefs }: SpdxPackage): SbomSubject {
  const purl = purlOf(externalRefs);
  const sha256 = checksums?.find((one) => one.algorithm === 'SHA256' && /^[0-9a-f]{64}$/i.test(one.checksumValue));
  return {
    kind:
      primaryPackagePurpose === 'CONTAINER' ? 'container' : primaryPackagePurpose === 'FILE' ? 'file' : 'application',
    name,
    ...(versionInfo ? { version: versionInfo } : {}),
    ...(sha256 === undefined ? {} : { digest: parseDigest(`sha256:${sha256.checksumValue.toLowerCase()}`) }),
    ...(purl === undefined ? {} : { purl }),
  };
}

function purlOf(references: SpdxPackage['externalRefs']): string | undefined {
  return references?.find(({ referenceType }) => /(?:^|\/)purl$/.test(referenceType))?.referenceLocator;
}

function toListed(one: SpdxPackage, texts: ReadonlyMap<string, string>): ListedComponent {
  const note = findNote(
    (one.annotations ?? []).map(({ comment }) => comment),
    packageNoteSchema,
  );
  const { scope = 'runtime', locations = [], ...facts } = note ?? {};
  const declared = fromDeclared(one.licenseDeclared ?? undefined, texts);
  return {
    reference: one.SPDXID,
    purl: purlOf(one.externalRefs),
    name: one.name,
    version: one.versionInfo ?? '',
    licences: declared.length > 0 ? declared : fromDeclared(one.licenseConcluded ?? undefined, texts),
    hashes: (one.checksums ?? []).flatMap(({ algorithm, checksumValue }) => {
      const known = algorithms[algorithm];
      const hash = known === undefined ? undefined : { algorithm: known, value: checksumValue.toLowerCase() };
      return hash !== undefined && isWellFormedHash(hash) ? [hash] : [];
    }),
    supplier: toSupplier(one.supplier) ?? toSupplier(one.originator),
    scope,
    locations: locations.map(({ path, layer }) => ({ path, ...(layer === undefined ? {} : { layer }) })),
    facts,
    source: builtFrom(one.sourceInfo ?? ''),
  };
}

/** As Trivy writes it: `built package from: openssl 3.0.9-1`. */
function builtFrom(sourceInfo: string): SourcePackage | undefined {
  const [, name, version] = /^built package from: (\S+)(?: (\S+))?$/.exec(sourceInfo) ?? [];
  return name === undefined ? undefined : { name, version: version ?? '' };
}

/** `Organization: Name (address)`, the address left out or empty where there is none (clause 7.5). */
function toSupplier(text: string | null | undefined): string | undefined {
  const named = /^(?:Organization|Person): ?(.+)$/.exec(text ?? '')?.[1];
  const [, name, email] = /^(.*\S) \(([^()\s]*)\)$/.exec(named ?? '') ?? [];
  return formatContact(
    email === undefined || (email !== '' && !email.includes('@')) ? named : name,
    email?.includes('@') ? email : undefined,
  );
}

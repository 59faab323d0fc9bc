/** Reads SPDX 3.0 and 3.0.1 JSON-LD as its own serialisation writes it: one graph, short names, no other contexts. */
import { parseDigest } from '../../../domain/artifact/digest.ts';
import type { OperatingSystem } from '../../../domain/sbom/component.ts';
import type { SbomSubject } from '../../../domain/sbom/document.ts';
import { checkSbom } from '../check-sbom.ts';
import { MAX_COMPONENTS, MAX_ENTRIES_OF_ONE } from '../document-limits.ts';
import { createGrouping } from '../group-by-key.ts';
import { createKeptBudget } from '../kept-budget.ts';
import { createComponentList } from '../listed-component.ts';
import { namesPackage } from '../names-package.ts';
import { createPackedList } from '../packed-list.ts';
import { SbomError } from '../sbom-error.ts';
import type { SbomCollector } from '../sbom-reading.ts';
import { findNote, type StockNote, stockNoteSchema, toPlaces } from '../spdx2/annotation.ts';
import { type Element, elementSchema, hashesOf, purlOf } from './element.ts';
import { createNamedElements, type Described } from './named-elements.ts';

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

/** What elements say of one id, whichever of them say it. */
type Said =
  | { readonly kind: 'package'; readonly at: number; readonly element: Element }
  | { readonly kind: 'statement'; readonly statement: string }
  | { readonly kind: 'declared'; readonly licences: readonly string[] }
  | { readonly kind: 'concluded'; readonly licences: readonly string[] };

function createGraph() {
  const budget = createKeptBudget();
  const said = createGrouping<Said>(budget, MAX_ENTRIES_OF_ONE);
  const list = createComponentList(budget);
  const names = createNamedElements(budget);
  const documents = new Set<string>();
  const notes = new Map<string, StockNote>();
  const roots = new Map<string, readonly string[]>();
  const creators = new Set<string>();
  let created: string | undefined;
  let packages = 0;

  const relate = ({ from, to, relationshipType }: Element): void => {
    if (!from || !to) return;
    if (relationshipType === 'hasDeclaredLicense') said.add(from, { kind: 'declared', licences: to });
    else if (relationshipType === 'hasConcludedLicense') said.add(from, { kind: 'concluded', licences: to });
    else if (relationshipType === 'dependsOn') for (const target of to) list.edge(from, target);
  };
  const annotate = (subject: string, statement: string): void => {
    // The one of the whole document is longer than any of a package.
    const note = statement.includes('"complete":') ? findNote([statement], stockNoteSchema) : undefined;
    if (note === undefined) said.add(subject, { kind: 'statement', statement });
    else if (!notes.has(subject)) {
      budget.take(2 * (subject.length + statement.length));
      notes.set(subject, note);
    }
  };
  const keepRoots = (own: string, targets: readonly string[]): void => {
    budget.take(2 * targets.reduce((sum, one) => sum + one.length, own.length));
    roots.set(own, targets);
  };
  const take = (element: Element): void => {
    const own = element.spdxId ?? '';
    switch (element.type) {
      case 'software_Package':
      case 'ai_AIPackage':
      case 'dataset_DatasetPackage':
        packages += 1;
        if (packages > MAX_COMPONENTS) throw new SbomError('SBOM_TOO_LARGE', `more than ${MAX_COMPONENTS} packages`);
        said.add(own, { kind: 'package', at: packages, element });
        break;
      case 'Relationship':
      case 'LifecycleScopedRelationship':
        relate(element);
        break;
      case 'Annotation':
        if (element.subject && element.statement) annotate(element.subject, element.statement);
        break;
      case 'SpdxDocument':
        documents.add(own);
        keepRoots(own, element.rootElement ?? []);
        break;
      case 'software_Sbom':
      case 'Bom':
        keepRoots(own, element.rootElement ?? []);
        break;
      case 'CreationInfo':
        created ??= element.created ?? undefined;
        for (const one of [...(element.createdBy ?? []), ...(element.createdUsing ?? [])]) {
          budget.take(2 * one.length);
          creators.add(one);
        }
        break;
      default:
        names.take(own, element);
    }
  };
  /**
   * Lists every package but the subject, and that where somebody else's document has nothing else in it. Of several subjects
   * none is what all of it is about: those that are packages are listed.
   */
  const listAll = () => {
    const subjects = new Set(
      [...documents].flatMap((one) => roots.get(one) ?? []).flatMap((one) => [one, ...(roots.get(one) ?? [])]),
    );
    const others = createPackedList<Described>(budget);
    const note = notes.get([...documents].find((one) => notes.has(one)) ?? '');
    let about: Described | undefined;
    let system: Described | undefined;
    let contained = 0;
    let described = 0;
    for (const { key, values } of said.groups()) {
      const one = describe(key, values);
      if (!isPackage(one)) continue;
      const isSystem = one.element.software_primaryPurpose === 'operatingSystem';
      if (isSystem && (system === undefined || one.at < system.at)) system = one;
      if (isSystem) continue;
      if (!subjects.has(key)) {
        list.add(names.toListed(one));
        contained += 1;
        continue;
      }
      if (about === undefined || one.at < about.at) about = one;
      described += 1;
      others.add(JSON.stringify(one));
    }
    if (note === undefined)
      for (const one of others.drain())
        if (contained === 0 || (described > 1 && namesPackage(purlOf(one.element)))) list.add(names.toListed(one));
    return { note, about: about?.element, found: system?.element };
  };
  return {
    take,
    finish() {
      const { note, about, found } = listAll();
      const system =
        note === undefined ? found && toSystem(found) : note.operatingSystem && cleanSystem(note.operatingSystem);
      return {
        stock: {
          components: list.components(),
          unreadable: toPlaces(note?.unreadable ?? []),
          ...(note?.notes === undefined ? {} : { notes: toPlaces(note.notes) }),
          ...(system === undefined ? {} : { operatingSystem: system }),
          complete: note?.complete ?? true,
        },
        ...(about === undefined ? {} : { subject: toSubject(about) }),
        ...(created === undefined ? {} : { created }),
        creators: [...creators].flatMap((one) => names.agent(one) ?? []),
        ...(note?.build === undefined ? {} : { build: note.build }),
      };
    },
  };
}

function describe(own: string, values: readonly Said[]): Omit<Described, 'element'> & { element: Element | undefined } {
  // Where an id is there twice, the last of them counts.
  const last = values.findLast((one) => one.kind === 'package');
  const declared =
    values.findLast((one) => one.kind === 'declared') ?? values.findLast((one) => one.kind === 'concluded');
  return {
    own,
    at: last?.at ?? 0,
    element: last?.element,
    statements: values.flatMap((one) => (one.kind === 'statement' ? [one.statement] : [])),
    licences: declared?.licences ?? [],
  };
}

function isPackage(one: ReturnType<typeof describe>): one is Described {
  return one.element !== undefined;
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

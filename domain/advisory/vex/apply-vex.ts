/** Which statement holds for a finding: VEX is about products, findings about components of an artifact. */
import { type Finding, isSuppressed, namesOf, type VexState } from '../finding.ts';
import { parsePurlPattern } from '../purl-pattern.ts';
import { productOf } from './product-of.ts';
import type { VexProduct, VexStatement } from './statement.ts';
import { meansVersions } from './version-list.ts';

/** The artifact the findings are of, as statements may name it. */
export interface VexSubject {
  /** Absent where only its digest says that it is meant. */
  readonly name?: string;
  /** `sha256:<hex>`. */
  readonly digest?: string;
  readonly purl?: string;
  /** `urn:uuid:…` of the CycloneDX document the findings are of, where they are of one. */
  readonly serialNumber?: string;
}

export interface VexDocument {
  /** For people: the file, or who it is from. */
  readonly source: string;
  readonly statements: readonly VexStatement[];
}

type Test = (purl: string) => boolean;

/** `pkg:oci/shop@sha256:…` by its digest; other names as they are. */
function namesSubject(name: string, subject: VexSubject): boolean {
  if (subject.digest === undefined && subject.name !== undefined && name === productOf({ name: subject.name }))
    return true;
  if (subject.digest !== undefined && name.replaceAll(/%3a/gi, ':').includes(subject.digest)) return true;
  return [subject.name, subject.purl, subject.serialNumber].includes(name);
}

const anyOf = (purls: readonly string[]): Test => {
  const patterns = purls.flatMap((purl) => parsePurlPattern(purl) ?? []);
  return (purl) => patterns.some((matches) => matches(purl));
};

/** Which components of `subject` a statement about this product is about: of another artifact, none. */
export function productTest({ names, subcomponents, versions }: VexProduct, subject: VexSubject): Test {
  const isMeant = versions === undefined ? () => true : meansVersions(versions);
  const among = (purls: readonly string[]): Test => {
    const isOne = anyOf(purls);
    return (purl) => isOne(purl) && isMeant(purl);
  };
  if (!names.some((name) => namesSubject(name, subject)))
    return subcomponents.length === 0 ? among(names) : () => false;
  if (subcomponents.length > 0) return among(subcomponents);
  // Versions are those of the artifact then, of which nobody here knows which it is.
  return () => versions === undefined;
}

interface Prepared {
  readonly state: VexState;
  readonly tests: readonly Test[];
}

function prepare(documents: readonly VexDocument[], subject: VexSubject): Map<string, Prepared[]> {
  const byId = new Map<string, Prepared[]>();
  for (const { source, statements } of documents)
    for (const { ids, products, status, justification, statement, author, at } of statements) {
      const state = {
        status,
        ...(justification === undefined ? {} : { justification }),
        ...(statement === undefined ? {} : { statement }),
        ...(author === undefined ? {} : { author }),
        ...(at === undefined ? {} : { at }),
        source,
      };
      const prepared = { state, tests: products.map((product) => productTest(product, subject)) };
      for (const id of ids) byId.set(id, [...(byId.get(id) ?? []), prepared]);
    }
  return byId;
}

/** Milliseconds; of a statement that does not say when it was made, or says it in no way that can be read, before all others. */
const timeOf = ({ at }: VexState) => (at === undefined || Number.isNaN(Date.parse(at)) ? -Infinity : Date.parse(at));
const suppresses = ({ status }: VexState) => isSuppressed({ vex: { status } });

/** Of one document, where each release of a product may have a statement of its own, the one that hides nothing. */
function isHeldTo(a: VexState, b: VexState): boolean {
  const [first, second] = [timeOf(a), timeOf(b)];
  if (first !== second) return first > second;
  return a.source !== b.source || !suppresses(a) || suppresses(b);
}

/** Findings with the statement that holds for each: of several the latest; of equally old ones the last document's. */
export function applyVex(
  findings: readonly Finding[],
  documents: readonly VexDocument[],
  subject: VexSubject,
): Finding[] {
  const byId = prepare(documents, subject);
  return findings.map((finding) => {
    const holding = namesOf(finding)
      .flatMap((id) => byId.get(id) ?? [])
      .filter(({ tests }) => tests.some((matches) => matches(finding.purl)))
      .map(({ state }) => state);
    const vex = holding.reduce<VexState | undefined>(
      (latest, state) => (latest === undefined || isHeldTo(state, latest) ? state : latest),
      undefined,
    );
    return vex === undefined ? finding : { ...finding, vex };
  });
}

/** CycloneDX documents whose vulnerabilities carry an analysis (https://cyclonedx.org/docs/1.6/json/#vulnerabilities). */
import { z } from 'zod';
import { isSuppressed, type VexStatus } from '../finding.ts';
import { type VexProduct, type VexStatement, vexLimits } from './statement.ts';
import type { VexVersions } from './version-list.ts';

const text = z.string().max(vexLimits.text);
const subjectSchema = z.object({
  'bom-ref': text.optional(),
  group: text.optional(),
  name: text.optional(),
  purl: text.optional(),
  hashes: z.array(z.object({ alg: text, content: text })).optional(),
});
/** Schema "affectedVersions": one version or a range of them; without a status they are affected. */
const versionSchema = z.object({ version: text.optional(), range: text.optional(), status: text.default('affected') });
const documentSchema = z.object({
  serialNumber: text.optional(),
  metadata: z.object({ timestamp: text.optional(), component: subjectSchema.optional() }).optional(),
  components: z
    .array(z.object({ 'bom-ref': text.optional(), purl: text.optional() }))
    .max(vexLimits.products)
    .optional(),
  vulnerabilities: z
    .array(
      z.object({
        id: text.optional(),
        references: z.array(z.object({ id: text.optional() })).optional(),
        analysis: z
          .object({ state: text.optional(), justification: text.optional(), detail: text.optional() })
          .optional(),
        affects: z
          .array(z.object({ ref: text, versions: z.array(versionSchema).max(vexLimits.products).optional() }))
          .max(vexLimits.products)
          .optional(),
        updated: text.optional(),
      }),
    )
    .max(vexLimits.statements)
    .optional(),
});

const STATES: Readonly<Record<string, VexStatus>> = {
  resolved: 'fixed',
  resolved_with_pedigree: 'fixed',
  exploitable: 'affected',
  in_triage: 'under_investigation',
  false_positive: 'not_affected',
  not_affected: 'not_affected',
};

type Document = z.output<typeof documentSchema>;
type Affected = { readonly ref: string; readonly versions?: readonly z.output<typeof versionSchema>[] | undefined };

function decode(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}

/** What stands for the artifact that the document is about. */
function namesOf({ group, name, purl, hashes = [] }: z.output<typeof subjectSchema>): string[] {
  const digests = hashes.map(({ alg, content }) => `${alg.toLowerCase().replace('-', '')}:${content.toLowerCase()}`);
  const called = name === undefined ? [] : [group ? `${group}/${name}` : name];
  return [...(purl === undefined ? [] : [purl]), ...digests, ...called];
}

/**
 * A bom-ref here, or a BOM-Link into another document, whose fragment is its bom-ref; ours and others' are purls. What is said of
 * a part of the document's subject, or of another document's, is said of it there.
 */
function productReader({ serialNumber = '', metadata, components = [] }: Document): (ref: string) => VexProduct {
  const purls = new Map(components.map(({ 'bom-ref': ref, purl }) => [ref, purl]));
  const subject = metadata?.component;
  return (ref) => {
    const [, serial, fragment] = /^urn:cdx:([^/#]*)[^#]*(?:#(.*))?$/.exec(ref) ?? [];
    const part = serial === undefined ? ref : fragment === undefined ? undefined : decode(fragment);
    if (serial !== undefined && `urn:uuid:${serial.toLowerCase()}` !== serialNumber.toLowerCase())
      return { names: [`urn:uuid:${serial.toLowerCase()}`], subcomponents: part === undefined ? [] : [part] };
    const named = part === undefined ? [] : [purls.get(part) ?? part];
    if (subject === undefined) return { names: named, subcomponents: [] };
    return { names: namesOf(subject), subcomponents: part === subject['bom-ref'] ? [] : named };
  };
}

/** Versions that a statement which hides a finding is about: those that are not affected; where none is, those that are listed. */
function versionsOf({ versions = [] }: Affected, { names, subcomponents }: VexProduct): VexVersions | undefined {
  if (versions.length === 0) return undefined;
  const textsOf = (statuses: readonly string[]) =>
    versions.flatMap(({ version, range, status }) => (statuses.includes(status) ? [version ?? range ?? ''] : []));
  const unaffected = textsOf(['unaffected']);
  if (unaffected.length > 0) return { meant: unaffected, except: textsOf(['affected', 'unknown']) };
  // A package URL with a version says it already, in the spelling of components.
  const isPinned = /^pkg:[^?#]*[^/]@/.test(subcomponents[0] ?? names[0] ?? '');
  return isPinned ? undefined : { meant: textsOf(['affected']), except: textsOf(['unknown']) };
}

/** Vulnerabilities without an analysis are findings, no statements, and left out. Throws a ZodError. */
export function readCycloneDxVex(json: unknown): VexStatement[] {
  const document = documentSchema.parse(json);
  const { metadata, vulnerabilities = [] } = document;
  const productOf = productReader(document);
  return vulnerabilities.flatMap(({ id, references = [], analysis, affects = [], updated }) => {
    const status = STATES[analysis?.state ?? ''];
    if (status === undefined) return [];
    const at = updated ?? metadata?.timestamp;
    return [
      {
        ids: [id, ...references.map((reference) => reference.id)].filter((one) => one !== undefined),
        products: affects.map((one) => {
          const product = productOf(one.ref);
          const versions = isSuppressed({ vex: { status } }) ? versionsOf(one, product) : undefined;
          return { ...product, ...(versions === undefined ? {} : { versions }) };
        }),
        status,
        ...(analysis?.justification === undefined ? {} : { justification: analysis.justification }),
        ...(analysis?.detail === undefined ? {} : { statement: analysis.detail }),
        ...(at === undefined ? {} : { at }),
      },
    ];
  });
}

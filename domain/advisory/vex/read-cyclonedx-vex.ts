/** CycloneDX documents whose vulnerabilities carry an analysis (https://cyclonedx.org/docs/1.6/json/#vulnerabilities). */
import { z } from 'zod';
import type { VexStatus } from '../finding.ts';
import { type VexStatement, vexLimits } from './statement.ts';

const text = z.string().max(vexLimits.text);
const documentSchema = z.object({
  metadata: z.object({ timestamp: text.optional() }).optional(),
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
          .array(z.object({ ref: text }))
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

/** A bom-ref here, or a BOM-Link into another document, whose fragment is its bom-ref; ours and others' are purls. */
function decodeReference(ref: string): string {
  const fragment = /^urn:cdx:[^#]*#(.*)$/.exec(ref)?.[1];
  if (fragment === undefined) return ref;
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}

/** Vulnerabilities without an analysis are findings, no statements, and left out. Throws a ZodError. */
export function readCycloneDxVex(json: unknown): VexStatement[] {
  const { metadata, components = [], vulnerabilities = [] } = documentSchema.parse(json);
  const purls = new Map(components.map(({ 'bom-ref': ref, purl }) => [ref, purl]));
  return vulnerabilities.flatMap(({ id, references = [], analysis, affects = [], updated }) => {
    const status = STATES[analysis?.state ?? ''];
    if (status === undefined) return [];
    const at = updated ?? metadata?.timestamp;
    return [
      {
        ids: [id, ...references.map((reference) => reference.id)].filter((one) => one !== undefined),
        products: affects.map(({ ref }) => ({ names: [purls.get(ref) ?? decodeReference(ref)], subcomponents: [] })),
        status,
        ...(analysis?.justification === undefined ? {} : { justification: analysis.justification }),
        ...(analysis?.detail === undefined ? {} : { statement: analysis.detail }),
        ...(at === undefined ? {} : { at }),
      },
    ];
  });
}

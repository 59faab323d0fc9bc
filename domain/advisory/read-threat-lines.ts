/** Entries of the catalogue of known exploited vulnerabilities, or EPSS scores, one at a time. */
import { z } from 'zod';
import type { Rejection } from './epoch.ts';
import type { Epss, KnownExploited } from './threat.ts';
import type { ThreatTable } from './threat-imports.ts';

const cve = z.string().regex(/^CVE-\d{4}-\d{4,19}$/);
const day = z.string().regex(/^\d{4}-\d\d-\d\d$/);
const share = z.number().min(0).max(1);
const schemas = {
  kev: z.object({ cve, added: day, due: day.optional(), ransomware: z.boolean() }),
  epss: z.object({ cve, score: share, percentile: share }),
};

export interface ReadThreats {
  readonly table: ThreatTable;
  readonly rejected: number;
  /** The first of them. */
  readonly first: readonly Rejection[];
}

const REJECTIONS_KEPT = 20;

/** What is no entry of this kind is counted, with its place, and left out. */
export async function readThreatLines(
  kind: ThreatTable['kind'],
  lines: AsyncIterable<{ readonly line: number; readonly value: unknown }>,
): Promise<ReadThreats> {
  const entries = new Map<string, KnownExploited & Epss>();
  const first: Rejection[] = [];
  let rejected = 0;
  for await (const { line, value } of lines) {
    const parsed = schemas[kind].safeParse(value);
    if (parsed.success) {
      const { cve: id, ...entry } = parsed.data;
      entries.set(id, entry as KnownExploited & Epss);
      continue;
    }
    rejected += 1;
    const [issue] = parsed.error.issues;
    if (first.length < REJECTIONS_KEPT)
      first.push({
        place: `line ${line}`,
        reason: `${issue?.path.join('.') || 'entry'}: ${issue?.message ?? 'invalid'}`,
      });
  }
  return { table: { kind, entries }, rejected, first };
}

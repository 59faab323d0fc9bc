/** What another scanner found, as far as it can be held against our own findings. */
import type { Severity } from '../finding.ts';

export interface ReportedFinding {
  /** Every name the vulnerability has there: `CVE-…`, `GHSA-…`. Its first is the one the scanner goes by. */
  readonly ids: readonly string[];
  /** As the scanner writes it; absent where a report has none. */
  readonly purl?: string;
  /** Empty where a report does not say in which package it is. */
  readonly name: string;
  readonly version: string;
  readonly severity: Severity;
  /** Versions that fix it. */
  readonly fixedIn: readonly string[];
}

export interface ScannerReport {
  /** `grype`, `trivy`, or what a SARIF log calls its tool. */
  readonly scanner: string;
  /** Of the scanner; empty where the report does not say. */
  readonly version: string;
  /** Digests of the image it says it is about, of its manifest or its configuration; none where it does not say. */
  readonly about: readonly string[];
  readonly findings: readonly ReportedFinding[];
}

/** The digests in what a report says of its image: `sha256:…`, `registry/name@sha256:…`. */
export function digestsIn(texts: readonly (string | null | undefined)[]): string[] {
  return [...new Set(texts.flatMap((one) => one?.match(/\bsha256:[a-f0-9]{64}\b/g) ?? []))];
}

/** Upper bounds of one report; real ones stay far below. */
export const reportLimits = { findings: 200_000, ids: 100, text: 4096 } as const;

/** Words of any scanner to ours. */
export function severityOf(word: string | undefined): Severity {
  switch (word?.toLowerCase()) {
    case 'critical':
      return 'critical';
    case 'high':
    case 'important':
      return 'high';
    case 'medium':
    case 'moderate':
      return 'medium';
    case 'low':
    case 'negligible':
      return 'low';
    case 'none':
      return 'none';
    default:
      return 'unknown';
  }
}

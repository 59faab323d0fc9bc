/** One word and one number for a record that may carry several vectors, a word, or nothing. */
import cvss from 'ae-cvss-calculator';
import type { Severity } from './finding.ts';
import type { OsvAffected, OsvRecord } from './osv-record.ts';

export interface RatedSeverity {
  readonly severity: Severity;
  /** CVSS base score, 0.0–10.0. */
  readonly score?: number;
  /** Where they come from: a CVSS vector, or whose word it is; absent where nothing says. */
  readonly from?: string;
}

/** Qualitative rating scale: CVSS 3.1 section 5 and 4.0 section 6; for version 2 as NVD publishes it, without `critical`. */
function toBand(score: number, version: 2 | 3 | 4): Severity {
  if (score === 0) return 'none';
  if (score < 4) return 'low';
  if (score < 7) return 'medium';
  return score < 9 || version === 2 ? 'high' : 'critical';
}

/** Words of GitHub, npm, Debian (urgency) and Ubuntu. */
const WORDS: ReadonlyMap<string, Severity> = new Map([
  ['critical', 'critical'],
  ['high', 'high'],
  ['important', 'high'],
  ['moderate', 'medium'],
  ['medium', 'medium'],
  ['low', 'low'],
  ['negligible', 'low'],
  ['unimportant', 'low'],
  ['none', 'none'],
]);

const VERSIONS: Readonly<Record<string, 2 | 3 | 4>> = { CVSS_V2: 2, CVSS_V3: 3, CVSS_V4: 4 };

/** Base score of a vector; undefined where it is none or lacks mandatory metrics. */
function baseScore(vector: string): number | undefined {
  if (vector.length > 300) return undefined;
  try {
    const parsed: { calculateScores(): { base?: number; baseMetricsOnly?: number } } | null = cvss.fromVector(vector);
    const scores = parsed?.calculateScores();
    return scores?.baseMetricsOnly ?? scores?.base;
  } catch {
    return undefined;
  }
}

/** Of a vector that stands alone, as its own prefix tells the version (2 has none); undefined for what is none. */
export function severityOfVector(vector: string): Severity | undefined {
  const prefix = /^(?:CVSS:([34])\.\d\/|\(?AV:[LAN]\/AC:[HML]\/Au:)/.exec(vector);
  const score = prefix === null ? undefined : baseScore(vector);
  return score === undefined ? undefined : toBand(score, prefix?.[1] === '3' ? 3 : prefix?.[1] === '4' ? 4 : 2);
}

function rateVectors(vectors: OsvRecord['severity']): RatedSeverity | undefined {
  const rated = vectors.flatMap(({ type, score: vector }) => {
    const version = VERSIONS[type];
    const score = version === undefined ? undefined : baseScore(vector);
    return version === undefined || score === undefined
      ? []
      : [{ severity: toBand(score, version), score, version, from: vector }];
  });
  // Version 2 counts only where nothing newer was given; of several, the worst.
  const current = rated.filter(({ version }) => version !== 2);
  const worst = (current.length > 0 ? current : rated).reduce<(typeof rated)[number] | undefined>(
    (most, one) => (most === undefined || one.score > most.score ? one : most),
    undefined,
  );
  return worst === undefined ? undefined : { severity: worst.severity, score: worst.score, from: worst.from };
}

function rateWords(words: readonly (readonly [whose: string, word: string | undefined])[]): RatedSeverity | undefined {
  for (const [whose, word] of words) {
    const severity = WORDS.get(word?.toLowerCase() ?? '');
    if (severity !== undefined) return { severity, from: `${whose}: ${word}` };
  }
  return undefined;
}

/** Severity of a record for one of its affected entries: vectors first, then words; a malicious package is critical. */
export function rateSeverity(record: OsvRecord, affected: OsvAffected): RatedSeverity {
  if (record.id.startsWith('MAL-')) return { severity: 'critical', from: 'malicious package' };
  const named = [...affected.severity, ...record.severity].filter(({ type }) => type === 'Ubuntu');
  return (
    rateVectors(affected.severity) ??
    rateVectors(record.severity) ??
    rateWords([
      ['urgency of the distribution', affected.ecosystem_specific?.urgency],
      ['severity of the ecosystem', affected.ecosystem_specific?.severity],
      ['severity of the database', affected.database_specific?.severity],
      ...named.map(({ score }) => ['priority of Ubuntu', score] as const),
      ['severity of the database', record.database_specific?.severity],
    ]) ?? { severity: 'unknown' }
  );
}

/** What is known about attacks on a vulnerability, by its CVE. */
import { type Finding, namesOf } from './finding.ts';

/** FIRST's Exploit Prediction Scoring System (https://www.first.org/epss). */
export interface Epss {
  /** Probability of an attack in the next 30 days, 0 to 1. */
  readonly score: number;
  /** Share of all vulnerabilities that have a score as high or lower, 0 to 1. */
  readonly percentile: number;
}

/** An entry of CISA's catalogue of known exploited vulnerabilities. */
export interface KnownExploited {
  /** `YYYY-MM-DD`: when it was added, and until when US agencies must have acted. */
  readonly added: string;
  readonly due?: string;
  /** True where ransomware is known to use it. */
  readonly ransomware: boolean;
}

export interface Threat {
  readonly epss?: Epss;
  readonly kev?: KnownExploited;
}

export interface ThreatDatabase {
  /** What is known of each id; ids nothing is known of are absent. */
  threats(ids: readonly string[]): Promise<ReadonlyMap<string, Threat>>;
}

/** A vulnerability with several CVEs is as likely to be attacked as the likeliest of them. */
function worst(threats: readonly Threat[]): Threat {
  const epss = threats.flatMap((threat) => threat.epss ?? []).sort((a, b) => b.score - a.score)[0];
  const kev = threats.find((threat) => threat.kev !== undefined)?.kev;
  return { ...(epss === undefined ? {} : { epss }), ...(kev === undefined ? {} : { kev }) };
}

/** Findings with what is known of attacks on them. */
export async function addThreats(findings: readonly Finding[], database: ThreatDatabase): Promise<Finding[]> {
  const names = (finding: Finding) => [...namesOf(finding), ...(finding.upstream ?? [])];
  const known = await database.threats([...new Set(findings.flatMap(names))]);
  if (known.size === 0) return [...findings];
  return findings.map((finding) => ({ ...finding, ...worst(names(finding).flatMap((id) => known.get(id) ?? [])) }));
}

import type { Location } from '../sbom/component.ts';
import type { LeftComponent } from './left-to-distribution.ts';
import type { Reach } from './reach.ts';
import type { Epss, KnownExploited } from './threat.ts';

export const severities = ['none', 'low', 'medium', 'high', 'critical'] as const;
/** `unknown` is not the lowest: a gate that cannot tell says so. */
export type Severity = (typeof severities)[number] | 'unknown';

/** Its place among the severities, 0 for `none`; -1 where nobody said: for lists, which begin with what is known to be grave. */
export const severityRank = (severity: Severity): number =>
  severity === 'unknown' ? -1 : severities.indexOf(severity);

/** The same for whoever must let none slip: what nobody said is above `critical`. */
export const cautiousRank = (severity: Severity): number =>
  severity === 'unknown' ? severities.length : severities.indexOf(severity);

/** One advisory that matches one component of an artifact. */
export interface Finding {
  /** OSV id: `GHSA-…`, `CVE-…`, `DSA-…`, `GO-…`. */
  readonly advisory: string;
  /** Other ids of the same vulnerability. */
  readonly aliases: readonly string[];
  /** Vulnerabilities the advisory is about together, where there are several: the CVEs of a DSA, or of a record of Go's. */
  readonly upstream?: readonly string[];
  readonly summary: string;
  readonly severity: Severity;
  /** Base score 0.0–10.0 where the advisory has a CVSS vector. */
  readonly score?: number;
  /** Where severity and score come from: a CVSS vector, or whose word it is. */
  readonly severityFrom?: string;
  readonly purl: string;
  readonly name: string;
  readonly version: string;
  /** Lowest fixed version above the one found that no record of the vulnerability calls affected, where there is one. */
  readonly fixedIn?: string;
  /** Highest version the advisory names as fixed, where that is another one: of a newer line of releases. */
  readonly latestFix?: string;
  /** What of the advisory matches: `1.2.0 is in the range from 1.0.0 to before 1.2.3`. */
  readonly because?: string;
  readonly locations: readonly Location[];
  /** From a dependency of one's own to the component itself; absent where it is one, and for system packages. */
  readonly path?: readonly string[];
  /** Whether `fixedIn` can be there without another package first; absent where nobody is known to ask for it. */
  readonly reach?: Reach;
  readonly url?: string;
  /** How likely an attack is, where that is known. */
  readonly epss?: Epss;
  /** Set where attacks are known. */
  readonly kev?: KnownExploited;
  /** Other scanners that a scan was held against, and that have it too. */
  readonly reportedBy?: readonly string[];
  /** What somebody who knows the product says about it. */
  readonly vex?: VexState;
  /** The entry of an ignore file, or the accepted risk, that covers it, with its reason and its end (`YYYY-MM-DD`, or RFC 3339). */
  readonly ignored?: { readonly reason: string; readonly expires: string };
  /** On a server: the decision that `vex` or `ignored` is from. */
  readonly decision?: FindingDecisionReference;
}

/** Whose decision holds for a finding. */
export interface FindingDecisionReference {
  readonly id: string;
  readonly by: string;
  readonly owner: string;
  /** RFC 3339: from then on it holds no longer. */
  readonly until?: string;
}

/** A VEX statement as it holds for one finding. */
export interface VexState {
  readonly status: VexStatus;
  /** One of the labels of OpenVEX, CSAF or CycloneDX: `vulnerable_code_not_in_execute_path`. */
  readonly justification?: string;
  /** In the author's words. */
  readonly statement?: string;
  readonly author?: string;
  /** RFC 3339. */
  readonly at?: string;
  /** The document it is from. */
  readonly source: string;
}

export const vexStatuses = ['not_affected', 'affected', 'fixed', 'under_investigation'] as const;
export type VexStatus = (typeof vexStatuses)[number];

/** True where a finding is kept, and told, and no longer counts against its artifact. */
export function isSuppressed({
  vex,
  ignored,
}: {
  readonly vex?: Pick<VexState, 'status'>;
  readonly ignored?: unknown;
}): boolean {
  return ignored !== undefined || vex?.status === 'not_affected' || vex?.status === 'fixed';
}

/** Every id the vulnerability of a finding goes by. */
export function namesOf({ advisory, aliases }: Finding): readonly string[] {
  return [advisory, ...aliases];
}

/** True for records of the malicious-packages database (https://github.com/ossf/malicious-packages), and their aliases. */
export function isMalicious({ advisory, aliases }: Finding): boolean {
  return [advisory, ...aliases].some((id) => id.startsWith('MAL-'));
}

/** Matching could not decide (unparsable version, unknown ecosystem): recorded, never silently clean. */
export interface Undecided {
  readonly purl: string;
  readonly advisory?: string;
  readonly reason: string;
}

/** All of one stock against one state of the advisory database. */
export interface ScanResult {
  readonly findings: readonly Finding[];
  readonly undecided: readonly Undecided[];
  /** Left to the advisories of the distribution that installed them; absent where there are none. */
  readonly left?: readonly LeftComponent[];
  /** State of the database: count of records, digest over them, and the newest `modified` among them. */
  readonly database: { readonly records: number; readonly digest: string; readonly newest: string | undefined };
}

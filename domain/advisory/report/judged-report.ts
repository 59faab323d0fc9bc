/** A report as it is judged: each thing it says in the form of our own findings, so that decisions can be about it. */
import type { Digest } from '../../artifact/digest.ts';
import type { Finding } from '../finding.ts';
import type { ReportedFinding } from './scanner-report.ts';

export interface JudgedReportFinding extends ReportedFinding {
  /** With the decision that holds for it. */
  readonly finding: Finding;
}

export interface JudgedReport {
  readonly digest: Digest;
  /** `grype 0.66.0` */
  readonly scanner: string;
  /** The artifact, or one platform of it. */
  readonly about: Digest;
  /** That, and all it holds: it may be an index inside of the artifact. */
  readonly covers: readonly Digest[];
  readonly findings: readonly JudgedReportFinding[];
}

/** `ids` is never empty where a scanner's reader made it. */
export function toJudged(reported: ReportedFinding): JudgedReportFinding {
  const { ids, purl = '', name, version, severity, fixedIn } = reported;
  const [advisory = '', ...aliases] = ids;
  const [fix] = fixedIn;
  const finding: Finding = {
    ...{ advisory, aliases, summary: '', severity, purl, name, version, locations: [] },
    ...(fix === undefined ? {} : { fixedIn: fix }),
  };
  return { ...reported, finding };
}

/** Reports of other scanners that a server keeps with an artifact: evidence that can make a verdict worse, and never better. */
import type { Digest } from '../../artifact/digest.ts';
import type { ArtifactKey } from '../../artifact/subject.ts';

export interface NewReport {
  /** JSON text: Grype, Trivy, SARIF. */
  readonly text: string;
  /** For people: the file. */
  readonly source: string;
}

export interface ReportReceipt {
  /** Of the report's own bytes. */
  readonly digest: Digest;
  readonly scanner: string;
  readonly version: string;
  readonly findings: number;
  /** What it is held against: the artifact, or one platform of it. */
  readonly about: Digest;
  /** False where the report does not say which image it is of: who brought it says so. */
  readonly isNamed: boolean;
  /** False where it was brought before: nothing changed. */
  readonly isNew: boolean;
}

/** Brings and withdraws reports; what runs or waits is judged again, by way of the same transaction. */
export interface ReportBook {
  /** Throws a ReportError: also for a report of another image, and for one that was withdrawn. */
  add(key: ArtifactKey, report: NewReport, actor: string): Promise<ReportReceipt>;
  /** It counts no longer; the same twice changes nothing. Throws a ReportError where there is none. */
  withdraw(key: ArtifactKey, digest: string, reason: string, actor: string): Promise<void>;
}

/** What somebody else's attestation says about the contents of one platform, read so that gates can judge by it. */
import type { Finding, ScanResult, Undecided } from '../advisory/finding.ts';
import type { Component } from '../sbom/component.ts';
import type { EvidenceRecord, RejectionCode, ReportFacts } from './evidence.ts';

export const documentKinds = ['sbom', 'vulnerabilities'] as const;
export type DocumentKind = (typeof documentKinds)[number];

/** A scan of ours, with when the advisories came in (RFC 3339), where that is known. */
export interface DocumentScan extends ScanResult {
  readonly syncedAt: string | undefined;
  /** The same of the feed of each ecosystem that its components are of. */
  readonly feeds: readonly { readonly ecosystem: string; readonly at: string | undefined }[];
}

export interface AttestedSbom {
  readonly kind: 'sbom';
  readonly components: readonly Component[];
  /** False where the document itself says that it may lack something. */
  readonly complete: boolean;
  readonly unreadable: readonly string[];
  /** Its components against our advisories. */
  readonly scan: DocumentScan;
}

export interface AttestedReport extends ReportFacts {
  readonly kind: 'vulnerabilities';
  /** Of the advisories it was scanned against; undefined where it does not say. */
  readonly databaseAt: string | undefined;
  readonly findings: readonly Finding[];
  readonly undecided: readonly Undecided[];
}

export interface AttestedDocument {
  /** As it was verified again; of what could not be read any more, as it was recorded. */
  readonly record: EvidenceRecord;
  readonly content:
    | AttestedSbom
    | AttestedReport
    /** It is there, and nobody knows what it says: `of` are the kinds it may be of. */
    | {
        readonly kind: 'unreadable';
        readonly of: readonly DocumentKind[];
        /** Of one that did not verify when it was read again: the verifier's. */
        readonly code?: RejectionCode;
        readonly reason: string;
      };
}

/** For one artifact, with what was read from the layers to compare it with, by digest of the platform. */
export interface AttestedDocuments {
  readonly documents: readonly AttestedDocument[];
  readonly generated: Readonly<Record<string, readonly Component[]>>;
}

import type { FindingDecision } from '../advisory/decision/decision.ts';
import type { Finding, Undecided } from '../advisory/finding.ts';
import type { LeftComponent } from '../advisory/left-to-distribution.ts';
import type { JudgedReport } from '../advisory/report/judged-report.ts';
import type { Digest } from '../artifact/digest.ts';
import type { ArtifactKey } from '../artifact/subject.ts';
import type { ProofReference } from '../identity/approval-proof.ts';
import type { LicenceClaim } from '../sbom/component.ts';
import type { AttestedDocuments, DocumentKind } from '../trust/attested-document.ts';
import type { EvidenceRecord } from '../trust/evidence.ts';

export type GateVerdict = 'pass' | 'fail' | 'unknown';

/** What one gate said, why, and what it rests on. `reason` is a sentence for people; it names the thing, not only the rule. */
export interface GateOutcome {
  readonly gate: string;
  readonly verdict: GateVerdict;
  readonly reason: string;
  /** Digests of evidence manifests (or documents) the verdict rests on. */
  readonly evidence: readonly Digest[];
  /** At most 50 lines of detail: which component, which layer and path, which advisory, fixed where. */
  readonly details: readonly string[];
}

/** Stock of one platform, as far as gates ask for it. */
export interface JudgedPlatform {
  readonly digest: Digest;
  /** `linux/amd64` */
  readonly platform: string;
  readonly complete: boolean;
  readonly componentCount: number;
  readonly unreadable: readonly string[];
  readonly licences: readonly { readonly purl: string; readonly licences: readonly LicenceClaim[] }[];
  /** Findings of this platform under the scan below. */
  readonly findings: readonly Finding[];
  readonly undecided: readonly Undecided[];
  /** What was left to the advisories of the distribution that brought it. */
  readonly left?: readonly LeftComponent[];
}

/** Whose documents a gate judges by, where the policy prefers those of others. */
export interface DocumentReading {
  readonly prefer: 'attested' | 'both';
  /** Manifests of the attestations that count, and who made them, as the policy calls them. */
  readonly evidence: readonly Digest[];
  readonly signers: readonly string[];
  /** Why there is no whole answer. */
  readonly doubt?: { readonly reason: string; readonly details: readonly string[] };
  /** Where what is attested and what was found here differ, and what the policy makes of it. */
  readonly difference?: {
    readonly verdict: GateVerdict;
    readonly reason: string;
    readonly details: readonly string[];
  };
}

export interface Approval {
  readonly principal: string;
  readonly groups: readonly string[];
  readonly verb: 'approve' | 'reject';
  readonly reason: string;
  readonly decisionDigest: string;
  /** RFC 3339 */
  readonly at: string;
  /** Their own, as it was verified when it came. */
  readonly proof?: ProofReference;
}

/** Said by an event, proved by nobody. */
export interface BuildClaim {
  /** `/sources/<token subject>` */
  readonly source: string;
  readonly builder: string;
  readonly commit: string;
}

/** Everything the gates may look at, assembled by activities from Postgres and the registry. Pure data. */
export interface JudgedArtifact {
  readonly key: ArtifactKey;
  /** The digest the registry gave back when it was read again just now; undefined where it is gone. */
  readonly observedDigest: Digest | undefined;
  /** As its manifest says; absent where that was never read. */
  readonly kind?: 'image' | 'index' | 'other' | undefined;
  readonly platforms: readonly JudgedPlatform[];
  /** Set where stock or scan could not be made: the reason, for `unknown` verdicts. */
  readonly failure: string | undefined;
  readonly scan:
    | {
        readonly at: string;
        readonly databaseNewest: string | undefined;
        readonly databaseSyncedAt: string | undefined;
        readonly databaseDigest: string;
        /** Of the ecosystems its components are of: when the feed of each was brought in; undefined where nobody did, or nobody knows. */
        readonly feeds?: readonly { readonly ecosystem: string; readonly at: string | undefined }[];
      }
    | undefined;
  /** Of what was found, when it was read: grows when findings change. */
  readonly findingsVersion?: number;
  /** What was decided about vulnerabilities of these findings, whether it holds or not; what holds here is found when it is judged. */
  readonly decisions?: readonly FindingDecision[];
  /** What other scanners found in it, as somebody brought it: it can make a verdict worse, and never better. */
  readonly reports?: readonly JudgedReport[];
  readonly evidence: readonly EvidenceRecord[];
  /** What others attest of its contents; absent where nobody read it. */
  readonly attested?: AttestedDocuments;
  /** Set where `platforms` and `scan` were made of it, as the policy says. */
  readonly readings?: Readonly<Partial<Record<DocumentKind, DocumentReading>>>;
  /** What events said of its build, by sources that may speak for its repository and builder: never counted, and not contradicted either. */
  readonly claims: readonly BuildClaim[];
  /** Signers and builders revoked by an incident or a rotation, as `identityName`s and builder ids. */
  readonly revoked: readonly string[];
  /** The same from an instant on (RFC 3339): what was signed before, and proves it, counts. */
  readonly revokedFrom?: Readonly<Record<string, string>>;
  /** Principals who authored or committed the source commit, from verified facts; undefined where nobody could be mapped. */
  readonly committers: readonly string[] | undefined;
  readonly approvals: readonly Approval[];
}

import type { FindingDecision } from '../advisory/decision/decision.ts';
import type { ScanResult } from '../advisory/finding.ts';
import type { Digest } from '../artifact/digest.ts';
import type { ArtifactKey } from '../artifact/subject.ts';
import type { Component, Stock } from '../sbom/component.ts';
import type { EvidenceRecord } from '../trust/evidence.ts';
import type { Approval, JudgedArtifact } from './gate.ts';
import type { Policy } from './policy.ts';
import type { Verdict } from './verdict.ts';

/** What gates look at, less what was read from the registry just now. */
export type JudgedFacts = Omit<JudgedArtifact, 'observedDigest'>;

export interface StoredVerdict {
  readonly id: number;
  readonly verdict: Verdict;
}

/** Facts in, verdicts out: the port behind judging. */
export interface VerdictBook {
  policy(): Promise<Policy>;
  /** Everything recorded about an artifact that a gate may ask for. */
  facts(key: ArtifactKey): Promise<JudgedFacts>;
  /** What stands about vulnerabilities of these names; whether it holds, and where, the caller finds out. */
  decisions(names: readonly string[]): Promise<readonly FindingDecision[]>;
  record(verdict: Verdict, generation: number): Promise<number>;
  attachSummary(id: number, manifest: Digest): Promise<void>;
  latest(key: ArtifactKey, environment: string): Promise<StoredVerdict | undefined>;
  approvals(key: ArtifactKey, environment: string): Promise<readonly Approval[]>;
}

export interface PlatformStock {
  readonly digest: Digest;
  readonly platform: string;
  readonly stock: Stock | undefined;
  /** Why there is no stock. */
  readonly failure: string | undefined;
}

export interface StoredStock {
  readonly digest: Digest;
  readonly platform: string;
  readonly stock: Digest | undefined;
  /** RFC 3339, from the image's configuration, where it says. */
  readonly created?: string | undefined;
}

/** What an SBOM says that another attests about one platform, as it was read and judged by. */
export interface AttestedContents {
  readonly platform: Digest;
  /** Of the attestation. */
  readonly manifest: Digest;
  /** As the policy names it. */
  readonly signer: string;
  readonly complete: boolean;
  readonly components: readonly Component[];
}

/** Stock and scans, stored once per distinct content: the port behind inspection. */
export interface StockBook {
  /** Stores what was found per platform of `artifact`; stocks of equal content share one row. */
  record(artifact: Digest, platforms: readonly PlatformStock[]): Promise<readonly StoredStock[]>;
  platforms(artifact: Digest): Promise<readonly StoredStock[]>;
  stock(digest: Digest): Promise<Stock>;
  /**
   * Keeps what is attested about an artifact, in place of what was kept before; `unread` are attestations that can not be read now,
   * and stay as they were. Returns whether anything is new: then it is to be read again, as rescans keep it from now on.
   */
  recordAttested(artifact: Digest, contents: readonly AttestedContents[], unread: readonly Digest[]): Promise<boolean>;
  /** Matches what was never matched of its components against the advisories in force. Returns how many findings it has. */
  scanStock(stock: Digest): Promise<number>;
  /** The newest scan of a stock, whatever the database. */
  newestScan(stock: Digest): Promise<{ readonly result: ScanResult; readonly at: string } | undefined>;
}

/** Evidence as recorded, by repository and digest of its manifest: the port behind the trust worker. */
export interface EvidenceBook {
  recorded(key: ArtifactKey): Promise<readonly EvidenceRecord[]>;
  /** Evidence of an artifact and of its children, in one repository. */
  recordedWithChildren(key: ArtifactKey): Promise<readonly EvidenceRecord[]>;
  /** Stores records and the facts verified ones establish; open incidents that select them fence the subject in the same transaction. */
  record(repository: string, records: readonly EvidenceRecord[]): Promise<void>;
  ownKeys(): Promise<readonly { readonly keyId: string; readonly publicKeyPem: string }[]>;
  /** Names (`identityName`) of whom our certificates ever named. */
  ownIdentities(): Promise<readonly string[]>;
  /** In order: what was signed first for each step and key, so that a retry attaches the same bytes at the same time. */
  signed(asked: readonly SignedStep[]): Promise<readonly (SignedBundle | undefined)[]>;
  /** Forgets this bundle of a step, and no other, so that another one may be kept: nobody verifies it under the trusted root in force. */
  forget(outlived: SignedStep & { readonly bundle: Uint8Array }): Promise<void>;
  /** Keeps the first bundle of each step and key, and returns it, in order: two signers of one step end with one bundle. */
  keep(made: readonly (SignedStep & { readonly bundle: Uint8Array })[]): Promise<readonly SignedBundle[]>;
}

/** The business key of a signature: what was signed, and by whom (`signerId`). */
export interface SignedStep {
  readonly step: Digest;
  readonly keyId: string;
}

export interface SignedBundle {
  readonly bundle: Uint8Array;
  /** RFC 3339 */
  readonly signedAt: string;
}

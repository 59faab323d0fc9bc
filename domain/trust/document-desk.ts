import type { Finding } from '../advisory/finding.ts';
import type { StandingOf } from '../advisory/left-to-distribution.ts';
import type { Digest } from '../artifact/digest.ts';
import type { Component, Stock } from '../sbom/component.ts';
import type { DocumentScan } from './attested-document.ts';

/** What the trust worker needs to make something of documents that others attested. */
export interface DocumentDesk {
  /**
   * Runs `judging` while no other artifact's documents are in memory: however many are judged at once, what others sign takes
   * the memory of one. Throws a TrustError, DOCUMENTS_BUSY, where the turn does not come for long: to be tried again.
   */
  inTurn<T>(judging: () => Promise<T>): Promise<T>;
  /** What an SBOM in any format that is read says; or in a clause why it can not be read. Never throws on hostile bytes. */
  readSbom(bytes: Uint8Array): { readonly stock: Stock } | { readonly problem: string };
  /** Components, of a document that may have more, against the advisories in force. */
  scan(components: readonly Component[], standingOf: StandingOf): Promise<DocumentScan>;
  /** The findings, with what is known of attacks. */
  tell(findings: readonly Finding[]): Promise<readonly Finding[]>;
  /**
   * A document that is signed by reference, by its digest, where it is attached to `subject`; undefined where it is not. Whatever
   * address a statement names is not called. Throws a RegistryError where the registry does not answer, or the document is too large.
   */
  attached(
    repository: string,
    subject: Digest,
    document: { readonly mediaType: string; readonly digest: Digest },
  ): Promise<Uint8Array | undefined>;
}

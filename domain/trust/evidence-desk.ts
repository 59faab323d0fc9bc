/** What judging needs of the registry's evidence: ports of the trust worker. */
import type { Descriptor } from '../artifact/descriptor.ts';
import type { Digest } from '../artifact/digest.ts';
import type { Confirm } from '../artifact/registry.ts';
import type { RejectionCode } from './evidence.ts';
import type { AttachedEnvelope } from './notation/notation-verifier.ts';
import type { Signer } from './signer.ts';

/** One bundle, or signature, as attached; nothing in it is trusted yet. */
export type AttachedEvidence =
  | { readonly kind: 'bundle'; readonly manifest: Digest; readonly bundle: Digest; readonly bytes: Uint8Array }
  /** A signature of Notation's; `bundle` is the digest of its envelope. */
  | ({ readonly kind: 'envelope'; readonly manifest: Digest; readonly bundle: Digest } & AttachedEnvelope)
  | {
      readonly kind: 'unreadable';
      readonly manifest: Digest;
      readonly reason: string;
      /** Where there is a more exact one than that it can not be read. */
      readonly code?: RejectionCode;
    }
  /** Listed under this subject, and about another one or none: who may push can list anything (referrers tag schema). */
  | { readonly kind: 'misplaced'; readonly manifest: Digest; readonly reason: string }
  /** There are `count`, more than `limit`: what comes after was not looked at. */
  | { readonly kind: 'truncated'; readonly limit: number; readonly count: number };

export interface EvidenceToAttach {
  readonly subject: Pick<Descriptor, 'mediaType' | 'digest' | 'size'>;
  readonly predicateType: string;
  readonly bundle: Uint8Array;
  /** RFC 3339; the same attachment with the same time is the same manifest. */
  readonly created: string;
  /** Signed by an earlier try, which may have attached it too: looked for, and written where the registry does not show it now. */
  readonly mayBeThere?: boolean;
}

/** A piece of evidence under the digest it was recorded by. */
export interface EvidenceToCopy {
  readonly subject: Digest;
  readonly manifest: Digest;
  /** The subject was not at the destination before this copy: nothing about it is looked for there, all of it is created. */
  readonly isSubjectNew?: boolean;
}

export interface EvidenceDesk {
  /** Bundles attached to `subject`, those in `known` left out: they are recorded already. */
  read(
    repository: string,
    subject: Digest,
    options: { readonly limit: number; readonly known: ReadonlySet<Digest> },
  ): AsyncIterable<AttachedEvidence>;
  /** One that is known by its manifest; undefined where that is no bundle. `unreadable` where the registry does not have it. */
  readOne(repository: string, subject: Digest, manifest: Digest): Promise<AttachedEvidence | undefined>;
  /** The digest an attachment's manifest has, or will have: so that one statement can name another that goes up with it. */
  manifestOf(item: EvidenceToAttach): Digest;
  /**
   * Attaches all of it, and reads the registry back (`confirm`) before it returns. Digests of manifest and bundle, in order. What
   * was copied there `unlisted` is listed with it, where it is there.
   */
  attach(
    repository: string,
    items: readonly EvidenceToAttach[],
    confirm?: Confirm,
    unlisted?: readonly EvidenceToCopy[],
  ): Promise<readonly { readonly manifest: Digest; readonly bundle: Digest }[]>;
  /**
   * Signs `subject` under cosign's older tag, for consumers that read nothing else; done before with this key, it changes nothing.
   * `reference`: the name it is signed under. `onCreate` gets the manifest before it is written. Read back before it returns.
   */
  attachLegacySignature(
    repository: string,
    subject: Digest,
    reference: string,
    signer: Signer,
    onCreate: (manifests: readonly Digest[]) => Promise<void>,
  ): Promise<Digest>;
  /**
   * Copies known evidence by recorded digest. `onCreate` gets the manifests that are not there, before they are written. With
   * `confirm: 'unlisted'` the list of referrers is left to who attaches next, where it is not the registry's to keep.
   */
  copy(
    from: string,
    to: string,
    items: readonly EvidenceToCopy[],
    options?: {
      readonly onCreate?: (manifests: readonly Digest[]) => Promise<void>;
      readonly confirm?: Confirm | 'unlisted';
    },
  ): Promise<void>;
  /** Which of these the registry does not hold, or does not list among the referrers of their subject. */
  missing(
    repository: string,
    items: readonly { readonly subject: Digest; readonly manifest: Digest }[],
  ): Promise<readonly Digest[]>;
}

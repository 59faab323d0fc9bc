/** Building from a Git commit: the port, and what a finished build says of itself. */
import type { Digest } from '../artifact/digest.ts';

export interface SourceCommit {
  /** https, ssh, or (where configured) an absolute local path. Never `ext::` or another transport. */
  readonly repository: string;
  /** Full 40- or 64-hex commit id. */
  readonly commit: string;
}

export interface VerifiedCommit extends SourceCommit {
  /** The principal the allowed-signers file or GPG keyring gives for the signature. */
  readonly signedBy: string;
  readonly signatureKind: 'ssh' | 'gpg';
  readonly authorEmail: string;
  readonly committerEmail: string;
  /** Unix seconds of the committer date: SOURCE_DATE_EPOCH of the build. */
  readonly committedAt: number;
}

export type BuildErrorCode =
  | 'SOURCE_UNREACHABLE'
  | 'SOURCE_TRANSPORT_REFUSED'
  | 'COMMIT_MISSING'
  | 'COMMIT_UNSIGNED'
  | 'COMMIT_SIGNATURE_UNTRUSTED'
  | 'RECIPE_MISSING'
  | 'RECIPE_INVALID'
  | 'RECIPE_FAILED'
  | 'RECIPE_TIMEOUT'
  | 'RECIPE_OVER_LIMIT' // disk or log
  | 'OUTPUT_INVALID'
  | 'BUILD_PLACE' // the folder builds are made in is not ours alone
  | 'SIGNER_UNREACHABLE'
  | 'SIGNER_REFUSED';

export class BuildError extends Error {
  override readonly name = 'BuildError';
  readonly code: BuildErrorCode;
  constructor(code: BuildErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What stood between the recipe and the machine it ran on: true where it was isolated. */
export interface BuildIsolation {
  /** Ran under a uid of its own, without privileges: it could not read what the builder's user can. */
  readonly user: boolean;
  /** The build phase had no network. */
  readonly network: boolean;
  /** Had processes, files and IPC of its own, and saw nobody else's; nothing it started outlived it. */
  readonly namespaces: boolean;
}

export interface FinishedBuild {
  readonly source: VerifiedCommit;
  /** Folder with the OCI image layout the recipe wrote. The caller removes `workspace` when it has read it. */
  readonly layout: string;
  readonly workspace: string;
  /** Digest of the layout's single top manifest or index. */
  readonly digest: Digest;
  readonly mediaType: string;
  readonly toolchain: Readonly<Record<string, string>>;
  readonly startedOn: string;
  readonly finishedOn: string;
  readonly logTail: string;
  /** Absent where the builder cannot tell: read as not isolated. */
  readonly isolation?: BuildIsolation;
  /** No command of the recipe had a network, not even to fetch. */
  readonly hermetic?: boolean;
  /** Nothing went in but the commit, and what it names by hash. Absent where the builder cannot tell: read as no. */
  readonly inputsByHash?: boolean;
}

export interface Builder {
  build(
    source: SourceCommit,
    options: { readonly signal: AbortSignal; readonly progress: (line: string) => void },
  ): Promise<FinishedBuild>;
}

/** Every use of a key of ours is a record in a chain that is only added to. */

/** One signature, before it is in the chain. */
export interface KeyUse {
  /** `evidence`, `admission-<environment>`. */
  readonly key: string;
  /** `identityName` of who signed: `key:…`, or `cert:…` where a certificate did. */
  readonly identity: string;
  /** The predicate type that was signed; the media type of what is no statement. */
  readonly statement: string;
  /** Digest of what it is about. */
  readonly subject: string;
  /** SHA-256 in hex of the bytes that were signed, and of the signature over them. */
  readonly signed: string;
  readonly signature: string;
  /** Temporal's ids of the run that asked for it. */
  readonly workflow: string;
  readonly run: string;
}

export interface RecordedKeyUse extends KeyUse {
  /** From 1, without gaps. */
  readonly position: number;
  /** RFC 3339 in UTC with six digits after the second; never before the one before. */
  readonly at: string;
  /** The process that signed. */
  readonly actor: string;
  /** Hash of the record before; of the first, 64 zeros. */
  readonly previous: string;
  readonly hash: string;
}

/** The head of the chain at a time, signed by a key that signs nothing else. */
export interface KeyUseCheckpoint {
  readonly position: number;
  readonly hash: string;
  /** RFC 3339, of the record at the head. */
  readonly at: string;
  readonly keyId: string;
  /** Base64, over `checkpointText`. */
  readonly signature: string;
}

export interface KeyUseLog {
  /**
   * Resolves when it is recorded, with a checkpoint over it. Throws a KeyStopped where the key is retired or revoked: what was
   * signed must not leave.
   */
  append(use: KeyUse): Promise<void>;
  /** What is recorded of these signatures (SHA-256 in hex): when each was made. Absent: never by us, or before there were records. */
  findSignatures(signatures: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

/** Whether another try helps depends on what comes in its place: it does once the key was rotated. */
export class KeyStopped extends Error {
  override readonly name = 'KeyStopped';
  readonly code = 'KEY_STOPPED';
}

export const firstPrevious = '0'.repeat(64);

/** What the hash of a record is made of: a line for each field, the hash before first. The database writes the same. */
export function keyUseText(use: Omit<RecordedKeyUse, 'hash'>): string {
  const { previous, position, at, actor, key, identity, statement, subject, signed, signature, workflow, run } = use;
  return [previous, position, at, actor, key, identity, statement, subject, signed, signature, workflow, run].join(
    '\n',
  );
}

/** What a checkpoint signs. `position` and `hash` say all there was; `at` is when. */
export function checkpointText({ position, hash, at }: Pick<KeyUseCheckpoint, 'position' | 'hash' | 'at'>): string {
  return `pratique.dev/key-uses/v1\n${position}\n${hash}\n${at}\n`;
}

export interface ChainDoubt {
  /** Of the first record that is not as it was written. */
  readonly position: number;
  readonly reason: string;
}

/**
 * The first thing wrong with a stretch of the chain, in order; undefined where nothing is. `before` is the hash it must begin on.
 * `sha256` is in hex, of UTF-8 text; `isSigned` says whether a checkpoint was made by the key it must be of.
 */
export function findChainDoubt(
  uses: readonly RecordedKeyUse[],
  checkpoints: readonly KeyUseCheckpoint[],
  before: { readonly position: number; readonly hash: string },
  check: { sha256(text: string): string; isSigned(checkpoint: KeyUseCheckpoint): boolean },
): ChainDoubt | undefined {
  const signed = new Map(checkpoints.map((checkpoint) => [checkpoint.position, checkpoint]));
  let { position, hash } = before;
  for (const use of uses) {
    position += 1;
    const doubt = (reason: string): ChainDoubt => ({ position, reason });
    if (use.position !== position) return doubt(`the record is missing: ${use.position} is next`);
    if (use.previous !== hash) return doubt('it does not follow the record before');
    if (check.sha256(keyUseText(use)) !== use.hash) return doubt('it was changed after it was written');
    hash = use.hash;
    const checkpoint = signed.get(position);
    if (checkpoint === undefined) continue;
    if (checkpoint.hash !== hash || checkpoint.at !== use.at) return doubt('the checkpoint over it says otherwise');
    if (!check.isSigned(checkpoint)) return doubt('the checkpoint over it is not by the checkpoint key');
  }
  return undefined;
}

/** One key takes the place of another: the new one signs what is live again, then the old one is retired. */
import type { Digest } from '../artifact/digest.ts';

/** `overlap`: all of it is signed by the new key, and the old one still counts until `retireAt`. */
export type RotationState = 'requested' | 'signing' | 'overlap' | 'done' | 'failed';

export interface KeyRotation {
  readonly id: string;
  /** `evidence`, `admission-<environment>`. */
  readonly key: string;
  readonly reason: string;
  readonly requestedBy: string;
  /** RFC 3339 */
  readonly requestedAt: string;
  readonly overlapSeconds: number;
  /** Where the new key is held; absent: the trust worker makes it. */
  readonly reference?: string | undefined;
  readonly state: RotationState;
  /** What keeps it, while something does. */
  readonly note: string;
  readonly oldKeys: readonly string[];
  readonly newKey?: string | undefined;
  readonly retireAt?: string | undefined;
  readonly endedAt?: string | undefined;
  readonly signed: number;
  /** Still to be looked at. */
  readonly remaining: number;
  /** Not signed again, each with the reason. */
  readonly refused: readonly (RotationPlace & { readonly reason: string })[];
}

/** An artifact where it is live. */
export interface RotationPlace {
  readonly environment: string;
  readonly destination: string;
  readonly digest: Digest;
}

/** With what is needed to judge it again. */
export interface LivePlace extends RotationPlace {
  /** Where it was pushed, and the promotion that brought it. */
  readonly repository: string;
  readonly generation: number;
  /** Who fenced it; undefined where nobody did. */
  readonly fencedBy: string | undefined;
}

/** The new key, as it is told to the database. */
export interface NewKey {
  readonly keyId: string;
  readonly publicKeyPem: string;
  readonly file: string | undefined;
  readonly reference: string | undefined;
}

/** What takes a key's place is new: of one that was ours before, nobody could tell what it signed as which. */
export class KeyNotNew extends Error {
  override readonly name = 'KeyNotNew';
  readonly code = 'KEY_NOT_NEW';
}

/** What the trust worker needs of the database: every call may be made again. */
export interface RotationBook {
  read(rotation: string): Promise<KeyRotation | undefined>;
  /** Number of the next key of a name: 2 for the first that takes another's place. The same for the same rotation. */
  nextNumber(rotation: string): Promise<number>;
  /** In one transaction: the new key is trusted and signs, those of its name before it are retiring. Throws KeyNotNew, and changes nothing then. */
  begin(rotation: string, made: NewKey): Promise<void>;
  /** Live places of the key that the new one has not signed for, and that this pass has not looked at. */
  lacking(rotation: string, pass: number, limit: number): Promise<readonly LivePlace[]>;
  /** False where it is live there no more, or no claim holds it: nothing may be written for it. */
  recordCreated(place: RotationPlace, created: readonly Digest[]): Promise<boolean>;
  record(
    rotation: string,
    pass: number,
    place: RotationPlace,
    result: { readonly outcome: 'signed' | 'refused'; readonly reason: string },
  ): Promise<void>;
  /** All that is live was looked at: the overlap begins. */
  overlap(rotation: string): Promise<void>;
  note(rotation: string, note: string): Promise<void>;
  /** The old keys sign no more and are called retired; not before their time: returns the seconds that are left. */
  retire(rotation: string): Promise<number>;
  /** The new key could not be made; one that has begun goes on. */
  fail(rotation: string, reason: string): Promise<void>;
}

export interface RotationRequest {
  readonly key: string;
  readonly reason: string;
  readonly overlapSeconds: number;
  readonly reference: string | undefined;
}

/** What people ask of rotations. */
export interface RotationDesk {
  request(
    request: RotationRequest,
    actor: string,
  ): Promise<
    | { readonly outcome: 'requested' | 'already-open'; readonly rotation: string }
    | { readonly outcome: 'refused'; readonly reason: string }
  >;
  /** Newest first. */
  list(): Promise<readonly KeyRotation[]>;
}

/** Keys as people see them: which there are, which are revoked, and what came of it. */
import type { Digest } from '../artifact/digest.ts';
import type { Reverification } from './reverification.ts';

/** A key this installation has held. Times are RFC 3339. */
export interface OwnKey {
  readonly name: string;
  readonly keyId: string;
  readonly publicKeyPem: string;
  readonly firstSeen: string;
  /**
   * The newest of its name that is `trusted` signs. What a `retiring` one signed counts until it is `retired`; all are remembered,
   * so that what they signed is known as ours.
   */
  readonly state: 'trusted' | 'retiring' | 'retired' | 'revoked';
  readonly inUse: boolean;
  /** When it was retired or revoked. */
  readonly endedAt: string | null;
  /** Where it is held; null: in the folder of the trust worker. */
  readonly reference: string | null;
  readonly uses: number;
  readonly lastUsed: string | null;
}

export interface Revocation {
  readonly kind: 'signer' | 'builder';
  /** An identity's name (`key:…`, `cert:…|…`, `x509:…|…`) or a builder's id. */
  readonly value: string;
  readonly reason: string;
  readonly revokedBy: string;
  readonly revokedAt: string;
  /** What was signed before, and proves it, stands; null where nothing does. */
  readonly from: string | null;
  readonly incident: string | null;
  /** Artifacts whose evidence it made. */
  readonly relied: number;
  /** Of those, judged since and not admitted: repository, digest and environment. */
  readonly fell: readonly {
    readonly repository: string;
    readonly digest: Digest;
    readonly environment: string;
    readonly live: boolean;
  }[];
  /** What came of it, once all was judged again; null for a revocation by an incident, which follows its own artifacts. */
  readonly reverified: Reverification | null;
}

export interface RevocationRequest {
  readonly kind: Revocation['kind'];
  readonly value: string;
  readonly reason: string;
  readonly from: string | undefined;
}

export interface KeyDesk {
  listOwn(): Promise<readonly OwnKey[]>;
  listRevocations(): Promise<readonly Revocation[]>;
  /**
   * Revokes in one transaction with a new trust epoch, so that no earlier verdict is acted on, and has everything that relied on
   * it judged again. `unchanged` where it was revoked before in the same way; an earlier instant widens what is revoked, a later one does not.
   */
  revoke(
    request: RevocationRequest,
    actor: string,
  ): Promise<{
    readonly outcome: 'revoked' | 'unchanged';
    readonly judgedAgain: readonly { readonly repository: string; readonly digest: Digest }[];
  }>;
}

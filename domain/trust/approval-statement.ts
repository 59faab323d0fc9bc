import type { Digest } from '../artifact/digest.ts';
import type { StoredAssertion } from '../identity/passkey.ts';
import { createStatement, predicateTypes, type Statement } from './statement.ts';

/** One person's approval that counted when an artifact entered an environment. */
export interface ApprovalRecord {
  readonly digest: Digest;
  readonly environment: string;
  readonly principal: string;
  readonly groups: readonly string[];
  readonly reason: string;
  /** What was approved: artifact, environment, policy, gate outcomes, findings. */
  readonly decisionDigest: string;
  /** RFC 3339 */
  readonly at: string;
  /**
   * Their own, verified by whoever signs this: an SSH signature or a passkey's with the text it is over; of a token
   * only whose it was.
   */
  readonly proof?:
    | {
        readonly kind: 'ssh';
        readonly digest: Digest;
        readonly key: string;
        readonly statement: string;
        readonly signature: string;
      }
    | {
        readonly kind: 'webauthn';
        readonly digest: Digest;
        readonly key: string;
        readonly statement: string;
        readonly assertion: StoredAssertion;
      }
    | { readonly kind: 'oidc'; readonly digest: Digest; readonly identity: string };
}

/**
 * An approval as evidence, signed by the installation that took it (docs/trust.md): it says that this person was asked about this
 * decision and agreed; with the approver's own proof, where they brought one.
 */
export function createApprovalStatement({ digest, ...approval }: ApprovalRecord): Statement {
  return createStatement(digest, predicateTypes.approval, approval);
}

/** What an approver puts their own proof on: one canonical text, so that what was signed is what was decided, and nothing else. */
import { z } from 'zod';
import { type Digest, isDigest } from '../artifact/digest.ts';

/** Of SSH signatures (PROTOCOL.sshsig): a signature made for anything else proves no approval. */
export const approvalNamespace = 'approval@pratique.dev';

export interface ApprovalClaim {
  readonly verb: 'approve' | 'reject';
  /** `promotion/<environment>/<repository>@<digest>`, `release/<id>` or `policy-proposal/<id>`. */
  readonly about: string;
  /** The decision digest of a promotion, the digest of a release's artifact, that of a proposed policy; undefined in a rejection of whatever is there. */
  readonly decision: Digest | undefined;
  /** The subject of the token it comes with. */
  readonly by: string;
  readonly reason: string;
  /** RFC 3339 in UTC with milliseconds: `2026-01-02T03:04:05.678Z`. */
  readonly at: string;
}

/** Characters of the longest text: a reason of 1000 that JSON escapes sixfold, and names. */
export const MAX_CLAIM_CHARACTERS = 8192;

const HEADER = 'Pratique approval, version 1';

/** The text that is signed: a line a fact, `reason` as JSON, each line ended by a line feed. */
export function approvalText({ verb, about, decision, by, reason, at }: ApprovalClaim): string {
  const lines = [
    HEADER,
    `verb: ${verb}`,
    `about: ${about}`,
    `decision: ${decision ?? 'none'}`,
    `by: ${by}`,
    `at: ${at}`,
    `reason: ${JSON.stringify(reason)}`,
  ];
  return `${lines.join('\n')}\n`;
}

const instant = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/)
  .refine((text) => !Number.isNaN(Date.parse(text)));

/** The claim in a text; undefined where it is not, to the byte, what `approvalText` makes of some claim. */
export function parseApprovalText(text: string): ApprovalClaim | undefined {
  if (text.length > MAX_CLAIM_CHARACTERS) return undefined;
  const [, verb = '', about = '', decision = '', by = '', at = '', json = ''] =
    /^[^\n]*\nverb: ([^\n]*)\nabout: ([^\n]*)\ndecision: ([^\n]*)\nby: ([^\n]*)\nat: ([^\n]*)\nreason: ([^\n]*)\n$/.exec(
      text,
    ) ?? [];
  const reason = parseReason(json);
  if ((verb !== 'approve' && verb !== 'reject') || reason === undefined) return undefined;
  if ((decision !== 'none' && !isDigest(decision)) || !instant.safeParse(at).success) return undefined;
  const claim = {
    verb,
    about,
    decision: decision === 'none' ? undefined : (decision as Digest),
    by,
    reason,
    at,
  } as const;
  return approvalText(claim) === text ? claim : undefined;
}

function parseReason(json: string): string | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What a registry or layout lists and nothing can be verified of: why, under a code of its own. */
import type { AttachedEvidence } from '../../domain/trust/evidence-desk.ts';
import type { CheckedEvidence } from './judge-evidence.ts';

type Unverifiable = Extract<AttachedEvidence, { kind: 'unreadable' | 'misplaced' | 'truncated' }>;

/** `subject`: the image whose referrers were listed, by its name. */
export function refuseAttached(
  found: Unverifiable,
  subject: string,
): Extract<CheckedEvidence, { outcome: 'rejected' }> {
  switch (found.kind) {
    case 'unreadable':
      return { source: found.manifest, outcome: 'rejected', code: found.code ?? 'UNREADABLE', reason: found.reason };
    case 'misplaced':
      return { source: found.manifest, outcome: 'rejected', code: 'REFERRER_MISPLACED', reason: found.reason };
    case 'truncated':
      return {
        source: subject,
        outcome: 'rejected',
        code: 'REFERRERS_TOO_MANY',
        reason: `${found.count} pieces of evidence are attached, and only the first ${found.limit} were looked at`,
      };
  }
}

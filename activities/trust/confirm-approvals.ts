/** Approvals as the trust worker finds them: a row is the gateway's word, a proof is the approver's own, and is verified again. */
import { workflowIds } from '../../domain/artifact/subject.ts';
import type { ApprovalProofs, ConfirmedProof } from '../../domain/identity/approval-proof.ts';
import { ProofError } from '../../domain/identity/proof-error.ts';
import { approvalRuleOf, type WeighedRule } from '../../domain/policy/approval-rule.ts';
import type { EnvironmentPolicy } from '../../domain/policy/document.ts';
import type { Approval } from '../../domain/policy/gate.ts';
import type { VerdictBook } from '../../domain/policy/verdict-book.ts';
import type { PromotionBook, PromotionKey } from '../../domain/promotion/promotion-book.ts';

export interface ConfirmDependencies {
  readonly promotions: PromotionBook;
  readonly verdicts: VerdictBook;
  readonly proofs: ApprovalProofs;
}

/** An approval that is stated as evidence. */
export interface ConfirmedApproval {
  readonly approval: Approval;
  readonly proof: ConfirmedProof | undefined;
}

/**
 * Those that let exactly this decision in, and no other: what was approved of other findings, or counts no more, is not stated.
 * Where the policy wants proof, only approvals count whose proof verifies now: the others are void, and `refused` says what is
 * missing. Where the worker has a list of its own, who somebody is and their groups stand there. Elsewhere a proof that does not
 * verify is left out of what is stated.
 */
export async function confirmApprovals(
  deps: ConfirmDependencies,
  key: PromotionKey,
  environment: EnvironmentPolicy,
  decision: string,
): Promise<{ readonly refused: string } | { readonly approvals: readonly ConfirmedApproval[] }> {
  const asked = approvalRuleOf(environment);
  const least = deps.proofs.leastApprovals(key.environment);
  if (asked === undefined && least > 0)
    return {
      refused: `${key.environment} needs ${least} approvals by the trust worker's own list, and the policy in force asks for none`,
    };
  if (asked === undefined) return { approvals: [] };
  const rule: WeighedRule =
    least === 0 ? asked : { ...asked, required: Math.max(asked.required, least), proof: 'required' };
  const given = await deps.verdicts.approvals(key, key.environment);
  const isProofWanted = rule.proof === 'required';
  const confirmed: ConfirmedApproval[] = [];
  for (const approval of given.filter(({ verb }) => verb === 'approve')) {
    if (approval.decisionDigest !== decision) continue;
    const proof = await confirm(deps, key, approval, isProofWanted);
    if (!isProofWanted) confirmed.push({ approval, proof: typeof proof === 'string' ? undefined : proof });
    else if (typeof proof === 'object')
      confirmed.push({ approval: { ...approval, ...proof.listed, at: proof.claim.at, proof }, proof });
    else await deps.promotions.voidApproval(key, approval, proof ?? 'it brought no proof of their own');
  }
  const approvals = [...confirmed.map(({ approval }) => approval), ...given.filter(({ verb }) => verb === 'reject')];
  const weighed = await deps.promotions.weigh(key, rule, decision, approvals);
  if (weighed.state === 'satisfied')
    return { approvals: confirmed.filter((_, position) => weighed.positions.includes(position)) };
  const why = isProofWanted ? 'of the approvals only those count whose proof verifies' : 'its approvals count no more';
  return { refused: `${why}: ${weighed.reason}` };
}

/** Why it proves nothing, in words; undefined where there is none. What cannot be looked at now, and is wanted, is looked at again. */
async function confirm(
  { proofs }: ConfirmDependencies,
  key: PromotionKey,
  { proof, verb, decisionDigest, principal, reason }: Approval,
  isWanted: boolean,
): Promise<ConfirmedProof | string | undefined> {
  if (proof === undefined) return undefined;
  const about = workflowIds.promotion(key.environment, key);
  try {
    return await proofs.confirm(proof, {
      verb,
      about,
      decision: decisionDigest as ConfirmedDecision,
      by: principal,
      reason,
    });
  } catch (error) {
    if (!(error instanceof ProofError) || (error.code === 'PROOF_UNCHECKED' && isWanted)) throw error;
    return error.message;
  }
}

type ConfirmedDecision = ConfirmedProof['claim']['decision'];

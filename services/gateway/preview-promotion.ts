import { z } from 'zod';
import { findLineStop } from '../../adapters/postgres/line-desk.ts';
import { liveSince } from '../../adapters/postgres/live-since.ts';
import { readArtifactDetail } from '../../adapters/postgres/read-artifact-detail.ts';
import type { ArtifactKey } from '../../domain/artifact/subject.ts';
import { approvalRuleOf } from '../../domain/policy/approval-rule.ts';
import { findEnvironment } from '../../domain/policy/environments.ts';
import { freezeUntil } from '../../domain/promotion/freeze.ts';
import { lineStopReason } from '../../domain/promotion/line-desk.ts';
import { soakUntil } from '../../domain/promotion/soak.ts';
import { ApiError } from './api-error.ts';
import type { GatewayDependencies } from './gateway-server.ts';
import { verdictSchema } from './routes/artifact-schemas.ts';
import { promotionSchema } from './routes/promotion-schemas.ts';

export const promotionPreviewSchema = z.object({
  dryRun: z.literal(true),
  repository: z.string(),
  digest: z.string(),
  environment: z.string(),
  wouldEnter: z.boolean().describe('True where nothing below stands in the way now'),
  verdict: verdictSchema.nullable().describe('The newest one stored'),
  open: promotionSchema.nullable().describe('The promotion that is under way already'),
  refusedBy: z.array(z.string()).describe('What refuses it as things are'),
  awaits: z.array(z.string()).describe('What it would wait for'),
});

/** What a promotion would meet, from what is recorded: changes nothing, promises nothing. */
export async function previewPromotion(
  { db, ports }: GatewayDependencies,
  key: ArtifactKey,
  environmentName: string,
): Promise<z.infer<typeof promotionPreviewSchema>> {
  const policy = await ports.policies.current();
  const environment = findEnvironment(policy, environmentName);
  if (environment === undefined)
    throw new ApiError(404, 'NOT_FOUND', `the policy has no environment ${environmentName}`, {
      place: 'environment',
      hint: `it has ${policy.document.environments.map(({ name }) => name).join(', ')}`,
    });
  const detail = await readArtifactDetail(db, key);
  const verdict = detail.verdicts.find((candidate) => candidate.environment === environmentName) ?? null;
  const open =
    detail.promotions.find((promotion) => promotion.environment === environmentName && promotion.endedAt === null) ??
    null;

  const refusedBy: string[] = [];
  if (detail.fence?.state === 'fenced')
    refusedBy.push(`incident ${detail.fence.incident ?? ''}: ${detail.fence.reason}`);
  if (verdict !== null && !verdict.admitted)
    for (const { gate, verdict: said, reason } of verdict.gates)
      if (said !== 'pass') refusedBy.push(`${gate}: ${said}: ${reason}`);

  const awaits: string[] = [];
  const now = new Date().toISOString();
  if (verdict === null) awaits.push(`a verdict for ${environmentName}`);
  else if (verdict.policyDigest !== policy.digest) awaits.push('a verdict under the policy in force');
  else if (verdict.decisionsUntil !== undefined && !(now < verdict.decisionsUntil))
    awaits.push(`a verdict after ${verdict.decisionsUntil}, when a decision about its findings ended`);
  const soak = soakUntil(environment, await liveSince(db, policy, environment, key), now);
  if (soak.state === 'not-live') awaits.push(`being live in ${soak.missing.join(', ')}`);
  if (soak.state === 'soaking') awaits.push(`soak time until ${soak.until}`);
  const stop = await findLineStop(db, environmentName);
  if (stop !== undefined) awaits.push(lineStopReason(stop));
  const freeze = freezeUntil(environment, now);
  if (freeze !== undefined) awaits.push(`the freeze until ${freeze.until} (${freeze.reason})`);
  const approvals = approvalRuleOf(environment);
  if (approvals !== undefined)
    awaits.push(
      `${approvals.required} approval(s)${approvals.groups.length === 0 ? '' : ` by ${approvals.groups.join(' or ')}`}${approvals.notCommitter ? ', not by a committer' : ''}${approvals.proof === 'required' ? ', each with a proof of their own' : ''}`,
    );
  return {
    dryRun: true,
    ...key,
    environment: environmentName,
    wouldEnter: refusedBy.length === 0 && awaits.length === 0,
    verdict,
    open,
    refusedBy,
    awaits,
  };
}

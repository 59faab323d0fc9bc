import { z } from 'zod';
import { previewObstacles } from '../../adapters/postgres/preview-promotion.ts';
import { readArtifactDetail } from '../../adapters/postgres/read-artifact-detail.ts';
import type { PersonsRequest } from '../../adapters/postgres/request-promotion.ts';
import type { GatewayDependencies } from './gateway-server.ts';
import { verdictSchema } from './routes/artifact-schemas.ts';
import { promotionSchema } from './routes/promotion-schemas.ts';

export const promotionPreviewSchema = z.object({
  dryRun: z.literal(true),
  repository: z.string(),
  digest: z.string(),
  environment: z.string(),
  wouldEnter: z.boolean().describe('True where nothing below stands in the way now'),
  live: z.boolean().describe('True where it is there already, and nothing would be asked for'),
  verdict: verdictSchema.nullable().describe('The newest one stored'),
  open: promotionSchema.nullable().describe('The promotion that is under way already'),
  refusedBy: z.array(z.string()).describe('What refuses it as things are'),
  awaits: z.array(z.string()).describe('What it would wait for, or what has to be judged again first'),
});

/** What a promotion would meet by the checks it is reserved by: changes nothing, promises nothing. The environment exists. */
export async function previewPromotion(
  { db, ports }: Pick<GatewayDependencies, 'db' | 'ports'>,
  request: PersonsRequest,
): Promise<z.infer<typeof promotionPreviewSchema>> {
  const { key, environment } = request;
  const met = await previewObstacles(db, await ports.policies.current(), request);
  const detail = await readArtifactDetail(db, key);
  const obstacles = met === 'live' ? [] : met;
  const reasons = (refuses: boolean) =>
    obstacles.filter(({ outcome }) => (outcome === 'ended') === refuses).map(({ reason }) => reason);
  return {
    dryRun: true,
    ...key,
    environment,
    wouldEnter: obstacles.length === 0,
    live: met === 'live',
    verdict: detail.verdicts.find((verdict) => verdict.environment === environment) ?? null,
    open: detail.promotions.find((one) => one.environment === environment && one.endedAt === null) ?? null,
    refusedBy: reasons(true),
    awaits: reasons(false),
  };
}

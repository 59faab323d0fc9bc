import { z } from 'zod';
import { readPolicyReport, readPolicyReportCounts } from '../../../adapters/postgres/read-policy-report.ts';
import type { Policy } from '../../../domain/policy/policy.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { pageQuery, pageSchema, readPageQuery, toPage } from '../page.ts';
import { requireEnvironment } from '../require-environment.ts';

const environmentQuery = z.string().max(63).optional().describe('One environment; without, all of the policy');

const reportedSchema = z.object({
  environment: z.string(),
  destination: z.string().describe('Where it lies'),
  repository: z.string().describe('The artifact it is judged as; empty where nothing says how it came there'),
  digest: z.string(),
  outcome: z.enum(['pass', 'fail', 'unknown', 'unjudged']),
  wouldBeDenied: z.boolean().describe('Under enforce, as it is judged now'),
  admitted: z.boolean().describe('Whether a promotion let it in'),
  fenced: z.boolean().describe('Whether an incident holds it'),
  gates: z.array(z.object({ gate: z.string(), verdict: z.string(), reason: z.string() })).describe('That do not pass'),
  judgedAt: z.string().nullable(),
  grandfathered: z
    .object({
      ...{ until: z.string(), ended: z.boolean(), reason: z.string() },
      ...{ source: z.string(), place: z.string(), by: z.string() },
    })
    .nullable()
    .describe('Of what an import brought in, and no promotion'),
});

const countsSchema = z.object({
  policyVersion: z.number(),
  environments: z.array(
    z.object({
      ...{ environment: z.string(), mode: z.enum(['audit', 'enforce']), artifacts: z.number() },
      wouldBeDenied: z.number(),
      grandfathered: z.number().describe('Of those: may stay until their date'),
      ended: z.number().describe('Of those: their date is over'),
    }),
  ),
});

/** What would be denied if every environment enforced, from what is recorded. */
export function registerPolicyReportRoutes(api: GatewayServer, deps: GatewayDependencies): void {
  api.get(
    '/policies/report',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'What is in the environments and would be denied under enforce, with the gates that say so',
        querystring: z.object({
          environment: environmentQuery,
          all: z.stringbool().default(false).describe('What passes too'),
          ...pageQuery,
        }),
        response: { 200: pageSchema(reportedSchema) },
      },
    },
    async ({ query }) => {
      const environments = namesOf(await deps.ports.policies.current(), query.environment);
      const filter = { environments, isAll: query.all };
      return toPage(await readPolicyReport(deps.db, filter, readPageQuery(query, 3)));
    },
  );
  api.get(
    '/policies/report/counts',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'How many artifacts that are, by environment',
        querystring: z.object({ environment: environmentQuery }),
        response: { 200: countsSchema },
      },
    },
    async ({ query }) => {
      const policy = await deps.ports.policies.current();
      const counts = await readPolicyReportCounts(deps.db, namesOf(policy, query.environment));
      const modes = new Map(policy.document.environments.map(({ name, mode }) => [name, mode]));
      const environments = counts.map((one) => ({ ...one, mode: modes.get(one.environment) ?? 'enforce' }));
      return { policyVersion: policy.document.version, environments };
    },
  );
}

function namesOf(policy: Policy, wanted: string | undefined): string[] {
  if (wanted === undefined) return policy.document.environments.map(({ name }) => name);
  requireEnvironment(policy, wanted);
  return [wanted];
}

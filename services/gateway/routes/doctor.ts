import { z } from 'zod';
import { environmentRepository } from '../../../domain/policy/environments.ts';
import { levels } from '../doctor/check.ts';
import { examineAll } from '../doctor/checks.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';

const reportSchema = z.object({
  at: z.string().describe("The gateway's clock, RFC 3339"),
  checks: z.array(
    z.object({
      name: z.string(),
      findings: z.array(z.object({ level: z.enum(levels), says: z.string(), next: z.string().optional() })),
    }),
  ),
  registry: z.string(),
  environments: z.array(
    z.object({
      name: z.string(),
      probe: z.string().describe("A repository of it that is nobody's: pushes are tried there"),
    }),
  ),
});

/** No repository of anybody: uploads that are tried begin here, and are cancelled. */
const NOBODYS = 'pratique-doctor/probe';

/** What the command line can not see from where it runs. */
export function registerDoctorRoutes(api: GatewayServer, deps: GatewayDependencies): void {
  api.get(
    '/doctor',
    {
      config: { permission: 'doctor.run' },
      schema: {
        summary: 'Looks at the servers: clocks, versions, topics, schedules, advisories',
        response: { 200: reportSchema },
      },
    },
    async () => {
      const [checks, policy] = await Promise.all([examineAll(deps.ports.doctor), deps.ports.policies.current()]);
      return {
        at: deps.ports.doctor.now().toISOString(),
        checks,
        registry: deps.registry,
        environments: policy.document.environments.map(({ name }) => ({
          name,
          probe: environmentRepository(policy, name, NOBODYS),
        })),
      };
    },
  );
}

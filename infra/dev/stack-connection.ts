import { readSecret } from './secrets.ts';
import type { StackHome } from './stack-home.ts';
import type { Connection } from './stack-record.ts';

/** Ports by part, then by role. */
export type PortPlan = ReadonlyMap<string, Readonly<Record<string, number>>>;

/** How clients reach the servers on these ports. `databaseUrl` is set when Postgres is somebody else's. */
export async function connectionOf(
  home: StackHome,
  ports: PortPlan,
  databaseUrl: string | undefined,
): Promise<Connection> {
  const at = (part: string, role = 'main'): string => `127.0.0.1:${ports.get(part)?.[role] ?? 0}`;
  const password = await readSecret(home.postgresPasswordFile);
  return {
    databaseUrl: databaseUrl ?? `postgres://pratique:${password}@${at('postgres')}/pratique`,
    kafkaBrokers: at('kafka'),
    temporalAddress: at('temporal'),
    temporalNamespace: 'default',
    temporalUi: `http://${at('temporal', 'ui')}`,
    registry: at('registry'),
    gatewayUrl: `http://${at('gateway')}`,
  };
}

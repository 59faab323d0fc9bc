/** The environments that requests name. A name nobody knows is an error: an empty list of what is in it reads like a verdict. */
import { hadEnvironment } from '../../adapters/postgres/had-environment.ts';
import { findEnvironment } from '../../domain/policy/environments.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import { ApiError } from './api-error.ts';
import type { GatewayDependencies } from './gateway-server.ts';

/** One of the policy in force, to act on. Throws an ApiError. */
export function requireEnvironment(policy: Policy, name: string): void {
  if (findEnvironment(policy, name) !== undefined) return;
  throw new ApiError(404, 'NOT_FOUND', `the policy has no environment ${name}`, {
    place: 'environment',
    hint: `it has ${policy.document.environments.map((environment) => environment.name).join(', ')}`,
  });
}

/** One to look at: of the policy in force, or of one before it that something entered or was to enter. Throws an ApiError. */
export async function requireKnownEnvironment(
  { db, ports }: Pick<GatewayDependencies, 'db' | 'ports'>,
  name: string | undefined,
): Promise<void> {
  if (name !== undefined && !(await hadEnvironment(db, name))) requireEnvironment(await ports.policies.current(), name);
}

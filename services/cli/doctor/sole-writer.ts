import { randomBytes } from 'node:crypto';
import { createEgress, type Egress } from '../../../adapters/egress/egress.ts';
import type { RegistryCredentials } from '../../../adapters/oci/registry-credentials.ts';
import { tryPush } from '../../../adapters/oci/try-push.ts';
import { RegistryError } from '../../../domain/artifact/registry.ts';
import { registryRealm } from '../../../infra/dev/registry-realm.ts';
import type { DoctorFinding } from '../api-answers.ts';
import type { LocalCheck, Surroundings } from './check.ts';

interface Login {
  readonly who: string;
  readonly credentials: RegistryCredentials | undefined;
}

/** Everybody who should be turned away. */
function logins({ builderLogin }: Surroundings): Login[] {
  const colon = builderLogin?.indexOf(':') ?? -1;
  return [
    { who: 'nobody in particular', credentials: undefined },
    // Some registries take any password and mean "anonymous" by it.
    { who: 'a stranger', credentials: { username: 'stranger', password: randomBytes(24).toString('hex') } },
    ...(builderLogin === undefined || colon < 0
      ? []
      : [
          {
            who: 'a builder',
            credentials: { username: builderLogin.slice(0, colon), password: builderLogin.slice(colon + 1) },
          },
        ]),
  ];
}

async function examineOne(
  { answer, gatewayUrl }: Surroundings,
  egress: Egress,
  { who, credentials }: Login,
  environment: { readonly name: string; readonly probe: string },
): Promise<DoctorFinding> {
  const place = `${answer.registry}/${environment.probe}`;
  try {
    const outcome = await tryPush(
      {
        host: answer.registry,
        egress,
        realmHosts: [registryRealm(gatewayUrl).host],
        ...(credentials === undefined ? {} : { credentials }),
      },
      environment.probe,
    );
    return outcome === 'refused'
      ? { level: 'ok', says: `${environment.name}: ${who} may not push to ${place}` }
      : {
          level: 'fail',
          says: `${environment.name}: ${who} may push to ${place}`,
          next: "take that right away in the registry: an environment's repositories are written by Pratique alone (SECURITY.md)",
        };
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    return {
      level: 'unknown',
      says: `${environment.name}: whether ${who} may push could not be tried: ${error.message}`,
      next: 'run this where the registry can be reached',
    };
  }
}

/** Really tries: an upload is begun, and cancelled where it is taken. */
export const check: LocalCheck = {
  name: 'sole-writer',
  async examine(surroundings) {
    const { answer, gatewayUrl, builderLogin } = surroundings;
    const egress = createEgress({
      configuredHosts: [answer.registry, registryRealm(gatewayUrl).host],
      allowPublicHosts: true,
    });
    try {
      const findings: DoctorFinding[] = [];
      for (const login of logins(surroundings))
        for (const environment of answer.environments)
          findings.push(await examineOne(surroundings, egress, login, environment));
      if (builderLogin === undefined)
        findings.push({
          level: 'warn',
          says: 'not tried with a login that pushes to intake',
          next: 'give one of a builder: --builder-login FILE, with user:password in it',
        });
      return findings;
    } finally {
      await egress.close();
    }
  },
};

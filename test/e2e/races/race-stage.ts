/** One stack for all races of processes: its services stand at their fault points, and what it serves is read from the registry. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Digest } from '../../../domain/artifact/digest.ts';
import { isSameProcessAlive } from '../../../infra/dev/process/process-identity.ts';
import { type FaultServer, startFaultServer } from '../../faults/fault-server.ts';
import { auditing } from '../policies.ts';
import { eventually, type Pratique, startPratique } from '../stack.ts';

export type Service = 'gateway' | 'dispatcher' | 'worker' | 'trust';

export const environments = ['dev', 'prod'] as const;

export interface RaceStage extends Pratique {
  readonly faults: FaultServer;
  /** SIGKILL to each at once; resolves when all of them run again. */
  killAndRevive(services: readonly Service[]): Promise<void>;
  /** Where the registry serves these bytes: `dev by digest`, `prod by tag`. */
  served(repository: string, digest: Digest, tag: string): Promise<string[]>;
  /** In every environment, by digest and by tag. */
  live(repository: string, digest: Digest, tag: string): Promise<void>;
  contained(incident: string): Promise<void>;
  /** A test cannot wait a minute for every lease of the dead: all that are held run out now. */
  expireLeases(): Promise<void>;
}

const everywhere = environments.flatMap((name) => [`${name} by digest`, `${name} by tag`]);

export async function openRaceStage(): Promise<RaceStage> {
  const faults = await startFaultServer();
  const pratique = await startPratique(auditing, faults).catch((error: unknown) => {
    faults.close();
    throw error;
  });
  const { stack, registry, query, admin } = pratique;

  const served = async (repository: string, digest: Digest, tag: string): Promise<string[]> => {
    const seen: string[] = [];
    for (const environment of environments) {
      const place = `${environment}/${repository}`;
      if ((await registry.resolve(place, digest)) !== undefined) seen.push(`${environment} by digest`);
      if ((await registry.resolve(place, tag))?.digest === digest) seen.push(`${environment} by tag`);
    }
    return seen;
  };

  return {
    ...pratique,
    faults,
    served,
    async killAndRevive(services) {
      for (const name of services) await stack.kill(name, 'SIGKILL');
      await eventually('the killed to be dead', async () => {
        const { parts } = await stack.record();
        const alive = parts.some(
          ({ name, process }) => services.includes(name as Service) && process !== null && isSameProcessAlive(process),
        );
        return alive ? undefined : true;
      });
      for (const name of services) await stack.restart(name);
    },
    async live(repository, digest, tag) {
      await eventually(
        `${repository}@${digest} to be everywhere`,
        async () => {
          // The tag in production comes last: while it is not there, one question is enough.
          if ((await registry.resolve(`prod/${repository}`, tag))?.digest !== digest) return undefined;
          return (await served(repository, digest, tag)).length === everywhere.length ? true : undefined;
        },
        400_000,
      ).catch(async (cause: unknown) => {
        const places = (await served(repository, digest, tag)).join(', ');
        throw new Error(`${repository}@${digest} is only in ${places || 'nothing'}`, { cause });
      });
    },
    async contained(incident) {
      await eventually(
        `incident ${incident} to be contained`,
        async () => {
          const { body } = await admin.get(`/api/v1/incidents/${incident}`);
          return body.state === 'contained' ? true : undefined;
        },
        400_000,
      );
    },
    async expireLeases() {
      await query("update lease set expires_at = now() - interval '1 second'");
    },
    async close() {
      faults.close();
      await pratique.close();
      // Sockets of the dead are let go of.
      await delay(0);
    },
  };
}

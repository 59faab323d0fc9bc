import type { Log, Part } from './part.ts';
import type { PortClaims } from './process/port-claims.ts';
import { isSameProcessAlive } from './process/process-identity.ts';
import { readRecordedPorts } from './recorded-ports.ts';
import { gatewayPort } from './services.ts';
import type { StackHome } from './stack-home.ts';
import type { PartRecord, StackRecord } from './stack-record.ts';
import { statusOf } from './stack-status.ts';
import { takeDown } from './take-down.ts';

/** What an `up` is asked for, and what it finds. */
interface Situation {
  readonly home: StackHome;
  readonly servers: readonly Part[];
  readonly services: readonly Part[];
  readonly previous: StackRecord | undefined;
  readonly log: Log;
}

/** Stops what an earlier `up` left behind and can not be used, and returns what stays as it is. */
export async function keepHealthy(situation: Situation): Promise<readonly PartRecord[]> {
  const { home, servers, services, previous, log } = situation;
  if (previous === undefined) return [];
  if (previous.supervisor !== null && !isSameProcessAlive(previous.supervisor)) {
    log('cleaning up after an earlier `up` that did not end well');
    await takeDown(home, previous, log);
    return [];
  }
  const known = [...servers, ...services];
  const usable = await Promise.all(
    previous.parts.map(async (recorded) => {
      const part = known.find(({ name }) => name === recorded.name);
      // What this `up` does not ask for is left alone.
      return part === undefined || (await statusOf(recorded, part, previous.connection)).healthy;
    }),
  );
  const healthy = previous.parts.filter((_, index) => usable[index]);
  const serversHealthy = servers.every((server) => healthy.some(({ name }) => name === server.name));
  // Services hold the addresses of the servers they were started with.
  const kept = serversHealthy ? healthy : healthy.filter(({ kind }) => kind === 'server');
  if (kept.length === previous.parts.length) return kept;
  for (const part of previous.parts)
    if (!kept.includes(part))
      log(
        `${part.name}: ${healthy.includes(part) ? 'has the address of a server that is not healthy' : 'not healthy'}; starting it again`,
      );
  await takeDown(home, previous, log, (part) => !kept.includes(part));
  return kept;
}

/**
 * Ports for every part and for the gateway (the registry calls it, started or not): kept, else those that were recorded while
 * the stack was healthy, also before a `down`, else preferred ones. Clients and signatures hold them.
 */
export async function planPorts(
  situation: Situation,
  kept: readonly PartRecord[],
  mode: 'preferred' | 'free',
  claims: PortClaims,
): Promise<Map<string, Readonly<Record<string, number>>>> {
  const { home, servers, services, previous } = situation;
  const recorded = readRecordedPorts(home);
  const ports = new Map(kept.map((part) => [part.name, part.ports]));
  const gateway = { name: 'gateway', ports: { main: gatewayPort } };
  // A registry that runs on calls the gateway where it was told to.
  const hooked = ports.has('registry') && previous ? new URL(previous.connection.gatewayUrl).port : '';
  for (const part of [...servers, ...services, gateway]) {
    if (ports.has(part.name)) continue;
    const former = previous?.parts.find(({ name }) => name === part.name)?.ports;
    const wanted = Object.entries(part.ports).map(([role, preferred]) => {
      if (part.name === 'gateway' && role === 'main' && hooked !== '') return [role, Number(hooked)];
      return [role, recorded[part.name]?.[role] ?? former?.[role] ?? (mode === 'free' ? 0 : preferred)];
    });
    ports.set(part.name, await claims.allocate(Object.fromEntries(wanted)));
  }
  return ports;
}

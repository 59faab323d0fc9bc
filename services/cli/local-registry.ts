import { readFile } from 'node:fs/promises';
import type { RegistryCredentials } from '../../adapters/oci/registry-credentials.ts';
import { isLoopbackHost } from '../../domain/artifact/reference.ts';
import { registryRealm } from '../../infra/dev/registry-realm.ts';
import { readStackRecord } from '../../infra/dev/stack-record.ts';
import type { CliIo } from './io.ts';
import { nearestHome } from './nearest-home.ts';

/** The registry of the local stack, to whoever may read its files. */
export interface LocalRegistry {
  /** `host:port` of the gateway, which gives the registry's tokens. */
  readonly realmHost: string;
  /** PRATIQUE_TOKEN where it is set, else the token `up` made for pushing. */
  credentials(): Promise<RegistryCredentials | undefined>;
}

/** Undefined where `host` is not the registry of the nearest stack, by whichever name this machine has for itself. */
export async function findLocalRegistry(host: string, io: CliIo): Promise<LocalRegistry | undefined> {
  const home = nearestHome(io);
  const record = await readStackRecord(home).catch(() => undefined);
  if (record === undefined || !isSamePlace(record.connection.registry, host)) return undefined;
  return {
    realmHost: registryRealm(record.connection.gatewayUrl).host,
    async credentials() {
      const token = io.env.PRATIQUE_TOKEN || (await readFile(home.pushTokenFile, 'utf8').catch(() => ''));
      return token.trim() === '' ? undefined : { username: 'pratique', password: token.trim() };
    },
  };
}

function isSamePlace(a: string, b: string): boolean {
  const port = (host: string) => /:(\d+)$/.exec(host)?.[1];
  return isLoopbackHost(a) && isLoopbackHost(b) && port(a) !== undefined && port(a) === port(b);
}

import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Digest } from '../../domain/artifact/digest.ts';
import { isLoopbackHost } from '../../domain/artifact/reference.ts';
import { type Registry, RegistryError, type SubjectLease } from '../../domain/artifact/registry.ts';
import type { RegistryService } from '../../domain/identity/registry-access.ts';
import { createEgress } from '../egress/egress.ts';
import { readDockerCredentials } from './docker-credentials.ts';
import { createOciRegistry } from './oci-registry.ts';
import { type CredentialSource, createCredentialSource } from './registry-credentials.ts';

/** Where the registry is, and who we are to it. */
export interface RegistrySettings {
  /** `host[:port]` */
  readonly host: string;
  readonly plainHttp: boolean;
  /** PEM. */
  readonly ca?: string;
  /** Where Docker's config.json is, and what credential helpers get as their environment. Absent: nobody logs in. */
  readonly docker?: { readonly folder: string; readonly env: Readonly<Record<string, string | undefined>> };
  /** Hosts besides the registry's own that its credentials may be sent to. */
  readonly realmHosts: readonly string[];
  /** Hosts besides those that may be called. */
  readonly egressHosts: readonly string[];
}

export interface ConnectedRegistry {
  /** The registry with the credentials of one kind of work; the same one where they have none of their own. */
  as(service: RegistryService): HostedRegistry;
  /** Whether it answers its version check (distribution specification, end-1); 401 is an answer too. */
  isReachable(): Promise<boolean>;
  close(): Promise<void>;
}

export type HostedRegistry = Registry & { readonly host: string };

/** The registry of a service, and its one way out: it reaches the hosts of its configuration and no others. */
export function connectRegistry(
  settings: RegistrySettings,
  options: {
    readonly lease: SubjectLease;
    readonly beforePush?: (repository: string, digest: Digest, tag?: string) => Promise<void>;
  },
): ConnectedRegistry {
  const { host, plainHttp, realmHosts, ca, docker } = settings;
  const egress = createEgress({
    configuredHosts: [host, ...realmHosts, ...settings.egressHosts],
    plainHttpHosts: plainHttp ? [host] : [],
    allowPublicHosts: false,
    ...(ca === undefined ? {} : { ca }),
  });
  const opened = new Map<string | undefined, HostedRegistry>();
  return {
    as(service) {
      const file = docker === undefined ? undefined : dockerFile(docker.folder, service);
      const known = opened.get(file);
      if (known !== undefined) return known;
      const credentials =
        file === undefined || docker === undefined ? {} : { credentials: credentialsIn(file, host, docker.env) };
      const registry = createOciRegistry({ host, plainHttp, egress, realmHosts, ...credentials, ...options });
      opened.set(file, registry);
      return registry;
    },
    async isReachable() {
      const url = `${plainHttp || isLoopbackHost(host) ? 'http' : 'https'}://${host}/v2/`;
      const response = await egress.send({ method: 'GET', url, retries: 0 });
      await response.body.dump();
      return response.status === 200 || response.status === 401;
    },
    close: () => egress.close(),
  };
}

/** `<folder>/<service>/config.json` where that kind of work has one of its own, else `<folder>/config.json`. */
export function dockerFile(folder: string, service: RegistryService): string {
  const own = path.join(folder, service, 'config.json');
  return existsSync(own) ? own : path.join(folder, 'config.json');
}

function credentialsIn(
  file: string,
  host: string,
  env: Readonly<Record<string, string | undefined>>,
): CredentialSource {
  return createCredentialSource(() =>
    readDockerCredentials(host, file, env).catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.message : 'no reason given';
      // A helper asks another service, and the file may be written this moment: worth another try.
      throw new RegistryError('REGISTRY_UNAVAILABLE', `no credentials for ${host}: ${why}`, { cause });
    }),
  );
}

import type { Digest } from '../../domain/artifact/digest.ts';
import { type Registry, RegistryError, type SubjectLease } from '../../domain/artifact/registry.ts';
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
  /** Docker's config.json, and what its credential helpers get as their environment. Absent: nobody logs in. */
  readonly docker?: { readonly file: string; readonly env: Readonly<Record<string, string | undefined>> };
  /** Hosts besides the registry's own that its credentials may be sent to. */
  readonly realmHosts: readonly string[];
  /** Hosts besides those that may be called. */
  readonly egressHosts: readonly string[];
}

export interface ConnectedRegistry {
  readonly registry: Registry & { readonly host: string };
  close(): Promise<void>;
}

/** The registry of a service, and its one way out: it reaches the hosts of its configuration and no others. */
export function connectRegistry(
  settings: RegistrySettings,
  options: {
    readonly lease: SubjectLease;
    readonly beforePush?: (repository: string, digest: Digest) => Promise<void>;
  },
): ConnectedRegistry {
  const { host, plainHttp, realmHosts, ca } = settings;
  const egress = createEgress({
    configuredHosts: [host, ...realmHosts, ...settings.egressHosts],
    plainHttpHosts: plainHttp ? [host] : [],
    allowPublicHosts: false,
    ...(ca === undefined ? {} : { ca }),
  });
  const credentials = credentialsOf(settings);
  const registry = createOciRegistry({
    ...{ host, plainHttp, egress, realmHosts },
    ...(credentials === undefined ? {} : { credentials }),
    ...options,
  });
  return { registry, close: () => egress.close() };
}

function credentialsOf({ host, docker }: RegistrySettings): CredentialSource | undefined {
  if (docker === undefined) return undefined;
  return createCredentialSource(() =>
    readDockerCredentials(host, docker.file, docker.env).catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.message : 'no reason given';
      // A helper asks another service, and the file may be written this moment: worth another try.
      throw new RegistryError('REGISTRY_UNAVAILABLE', `no credentials for ${host}: ${why}`, { cause });
    }),
  );
}

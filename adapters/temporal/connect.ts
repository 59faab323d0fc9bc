import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import type { TlsFiles } from '../environment/read-tls.ts';
import { dataConverter } from './payload-limit.ts';
import { clientInterceptors } from './tracing.ts';

/** Where Temporal is, and who we are to it. */
export interface TemporalSettings {
  /** `host:port`; without a port, Temporal's own (7233). */
  readonly address: string;
  readonly namespace: string;
  /** Absent: plain text. */
  readonly tls?: TlsFiles & { readonly serverName?: string };
  /** Temporal Cloud's. */
  readonly apiKey?: string;
}

/** What both of Temporal's clients, the JavaScript one and the workers' native one, are told alike. */
export function connectionOptions({ address, tls, apiKey }: TemporalSettings) {
  const { ca, client, serverName } = tls ?? {};
  const options = {
    address,
    // Said aloud: with an API key and nothing said, the SDK turns TLS on.
    tls: tls !== undefined && {
      ...(ca === undefined ? {} : { serverRootCACertificate: Buffer.from(ca) }),
      ...(client === undefined
        ? {}
        : { clientCertPair: { crt: Buffer.from(client.cert), key: Buffer.from(client.key) } }),
      ...(serverName === undefined ? {} : { serverNameOverride: serverName }),
    },
    ...(apiKey === undefined ? {} : { apiKey }),
  };
  return options satisfies ConnectionOptions;
}

/** A client that connects when first used, so that a service starts while Temporal is away. */
export function connectTemporal(settings: TemporalSettings): { readonly client: Client; close(): Promise<void> } {
  const connection = Connection.lazy(connectionOptions(settings));
  return {
    client: new Client({
      connection,
      namespace: settings.namespace,
      dataConverter,
      interceptors: clientInterceptors(),
    }),
    close: () => connection.close(),
  };
}

/** Whether Temporal answers within two seconds. */
export async function isTemporalHealthy(client: Client): Promise<boolean> {
  return client.connection
    .withDeadline(Date.now() + 2000, () => client.workflowService.getSystemInfo({}))
    .then(
      () => true,
      () => false,
    );
}

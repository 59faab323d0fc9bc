import { Client, Connection } from '@temporalio/client';
import { clientInterceptors } from './tracing.ts';

export interface TemporalSettings {
  readonly address: string;
  readonly namespace: string;
  /** PEM; for Temporal Cloud and clusters with mutual TLS. */
  readonly tls?: {
    readonly serverCa?: Buffer;
    readonly clientCertificate?: { readonly crt: Buffer; readonly key: Buffer };
  };
  readonly apiKey?: string;
}

/** A client that connects when first used, so that a service starts while Temporal is away. */
export function connectTemporal(settings: TemporalSettings): { readonly client: Client; close(): Promise<void> } {
  const connection = Connection.lazy({
    address: settings.address,
    ...(settings.tls === undefined
      ? {}
      : {
          tls: {
            ...(settings.tls.serverCa === undefined ? {} : { serverRootCACertificate: settings.tls.serverCa }),
            ...(settings.tls.clientCertificate === undefined ? {} : { clientCertPair: settings.tls.clientCertificate }),
          },
        }),
    ...(settings.apiKey === undefined ? {} : { apiKey: settings.apiKey }),
  });
  return {
    client: new Client({ connection, namespace: settings.namespace, interceptors: clientInterceptors() }),
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

/** Calls of the CNCF registry's webhook, made by the test instead of the registry. */
import { randomUUID } from 'node:crypto';
import type { Pratique } from './stack.ts';

const DISTRIBUTION = 'application/vnd.docker.distribution.events.v2+json';

/** One event of the envelope, as distribution writes it (notifications/event.go). */
export function pushEvent(repository: string, digest: string, tag?: string) {
  return {
    id: randomUUID(),
    timestamp: new Date().toISOString(),
    action: 'push',
    target: {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest,
      size: 500,
      length: 500,
      repository,
      ...(tag === undefined ? {} : { tag }),
    },
    request: { id: randomUUID(), method: 'PUT' },
    actor: {},
    source: { addr: 'registry', instanceID: 'test' },
  };
}

/** With the shared secret, unless `headers` say otherwise. */
export async function sendWebhook(
  pratique: Pick<Pratique, 'record' | 'webhookSecret'>,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(new URL('/hooks/distribution', pratique.record.connection.gatewayUrl), {
    method: 'POST',
    body,
    headers: { authorization: `Bearer ${await pratique.webhookSecret()}`, 'content-type': DISTRIBUTION, ...headers },
    signal: AbortSignal.timeout(30_000),
  });
}

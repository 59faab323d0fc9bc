/** Reading what a registry answers, where it is a document. */
import { RegistryError } from '../../domain/artifact/registry.ts';
import type { EgressResponse } from '../egress/egress.ts';
import { EgressError } from '../egress/egress-error.ts';
import type { RegistrySession } from './registry-session.ts';

/** The whole body, at most 4 MiB (egress's default). `what` names the place in errors. Throws RegistryErrors. */
export async function readBytes(response: EgressResponse, what: string): Promise<Uint8Array> {
  try {
    return await response.body.bytes();
  } catch (error) {
    if (!(error instanceof EgressError)) throw error;
    const code = error.code === 'EGRESS_TOO_LARGE' ? 'REGISTRY_TOO_LARGE' : 'REGISTRY_UNAVAILABLE';
    throw new RegistryError(code, `${what}: ${error.message}`, { cause: error });
  }
}

/** The same as JSON; undefined where it is none. */
export async function readDocument(response: EgressResponse, what: string): Promise<unknown> {
  const text = new TextDecoder().decode(await readBytes(response, what));
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The address of the next page (RFC 8288 Link header, rel="next"); undefined on the last. */
export function nextPage(session: RegistrySession, response: EgressResponse): string | undefined {
  const link = /<([^>]+)>;\s*rel="?next"?/.exec(response.headers.link ?? '')?.[1];
  return link === undefined ? undefined : session.resolve(link);
}

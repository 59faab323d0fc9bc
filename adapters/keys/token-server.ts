/** Those who give out access tokens: OAuth 2.0 (RFC 6749), and the metadata servers of clouds. */
import { z } from 'zod';
import { KeyError } from '../sigstore/key-error.ts';
import type { AccessToken } from './access-token.ts';
import { createKeyStoreClient, type KeyStoreCall } from './key-store-client.ts';

export interface TokenServer {
  /** For messages. */
  readonly reference: string;
  readonly url: URL;
  /** Where the user looks when there is no token. */
  readonly lookAt: string;
  /** A cloud's own, for its machines: without TLS, at an address of the link, and elsewhere not there at all. */
  readonly isMetadata?: boolean;
}

/** Metadata servers are next to whoever asks; outside of their cloud nobody answers. */
const METADATA_CONNECT_MS = 2000;
/** RFC 6749, 5.2: one of a few words. What else is answered may name people and tenants. */
const oauthError = z.object({ error: z.string().regex(/^[a-z_]{1,40}$/) });

/** As RFC 6749, 5.1, has it; some write the seconds as text. */
export const tokenAnswer = z
  .object({ access_token: z.string().min(1), expires_in: z.coerce.number().min(0) })
  .transform(({ access_token: value, expires_in: seconds }): AccessToken => ({ value, seconds }));

/** What the server answers, as `schema` has it. Throws a KeyError, with nothing that was sent or answered. */
export function askForToken<T>(server: TokenServer, call: Omit<KeyStoreCall, 'url'>, schema: z.ZodType<T>): Promise<T> {
  const { reference, url, lookAt, isMetadata = false } = server;
  const ask = createKeyStoreClient({
    reference,
    url,
    plainHttp: isMetadata,
    ...(isMetadata ? { connectMs: METADATA_CONNECT_MS } : {}),
    unexpected: `${url.host} answers with no token: look at ${lookAt}`,
    unreachable: `look at ${lookAt}, or try again later`,
    refusal(status, answer) {
      if (status === 429 || status >= 500)
        return new KeyError(
          'KEY_STORE_UNAVAILABLE',
          `${reference}: ${url.host} is out of order (${status}): try again later`,
        );
      const word = oauthError.safeParse(answer).data?.error;
      const why = word === undefined ? `${status}` : `${status}, ${word}`;
      return new KeyError('KEY_STORE_DENIED', `${reference}: ${url.host} gives no token (${why}): look at ${lookAt}`);
    },
  });
  return ask({ ...call, url: url.href }, schema);
}

export function postForm(fields: Readonly<Record<string, string>>): Omit<KeyStoreCall, 'url'> {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
  };
}

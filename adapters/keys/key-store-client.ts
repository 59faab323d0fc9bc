/** JSON over HTTP, as key stores speak it, and those who give out the tokens for them. */
import type { z } from 'zod';
import { createEgress, type EgressRequest } from '../egress/egress.ts';
import { EgressError } from '../egress/egress-error.ts';
import { KeyError } from '../sigstore/key-error.ts';

export interface KeyStoreServer {
  /** For messages. */
  readonly reference: string;
  /** Where it is: nothing else is asked. */
  readonly url: URL;
  /** Whether it may be spoken to without TLS elsewhere than on this machine. */
  readonly plainHttp?: boolean;
  /** Milliseconds to wait for a connection; that of every other server unless given. */
  readonly connectMs?: number;
  /** What an answer of 400 or more means. `answer` is its JSON, and may be anything. */
  refusal(status: number, answer: unknown): KeyError;
  /** What to say where an answer is not as its schema has it, and where there is none. */
  readonly unexpected: string;
  readonly unreachable?: string;
}

export type KeyStoreCall = Pick<EgressRequest, 'url' | 'headers'> & {
  readonly method: 'GET' | 'POST';
  readonly body?: string;
};
/** Throws a KeyError. */
export type KeyStoreClient = <T>(call: KeyStoreCall, schema: z.ZodType<T>) => Promise<T>;

const MAX_ANSWER_BYTES = 1024 * 1024;
/** Signing twice, or a second token, does no harm. */
const RETRIES = 2;

export function createKeyStoreClient(server: KeyStoreServer): KeyStoreClient {
  const { reference, url, plainHttp = false, connectMs, refusal, unexpected, unreachable } = server;
  const egress = createEgress({
    configuredHosts: [url.host],
    plainHttpHosts: plainHttp ? [url.host] : [],
    allowPublicHosts: false,
    ...(connectMs === undefined ? {} : { timeouts: { connectMs } }),
  });
  return async (call, schema) => {
    try {
      const answer = await egress.send({ ...call, maxBytes: MAX_ANSWER_BYTES, retries: RETRIES });
      const body = await answer.body.json();
      if (answer.status >= 400) throw refusal(answer.status, body);
      const parsed = schema.safeParse(body);
      if (parsed.success) return parsed.data;
      throw new KeyError('KEY_UNSUPPORTED', `${reference}: ${unexpected}`);
    } catch (cause) {
      if (!(cause instanceof EgressError)) throw cause;
      const hint = unreachable === undefined ? '' : `: ${unreachable}`;
      throw new KeyError('KEY_STORE_UNAVAILABLE', `${reference}: ${cause.message}${hint}`, { cause });
    }
  };
}

/** The address of a variable, or the one that is so unless it is set. Throws KEY_STORE_DENIED. */
export function addressOf(reference: string, variable: string, value: string | undefined, otherwise: string): URL {
  const address = value === undefined || value === '' ? otherwise : value;
  if (URL.canParse(address)) return new URL(address);
  throw new KeyError('KEY_STORE_DENIED', `${reference}: ${variable} is no address: write it as https://HOST`);
}

/** An address without the slashes at its end: behind a gateway, a server has a path of its own. */
export function rootOf(url: URL): string {
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

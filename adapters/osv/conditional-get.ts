/** One GET of a feed: not sent again where nothing changed (RFC 9110, section 13), and held against what the answer says of itself. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Validators } from '../../domain/advisory/feed-state.ts';
import type { Egress, EgressResponse } from '../egress/egress.ts';
import { AdvisoryError } from './advisory-error.ts';

export interface FetchOptions {
  readonly egress: Pick<Egress, 'send'>;
  readonly signal: AbortSignal;
}

export type Fetched =
  | { readonly kind: 'unchanged' }
  /** 403 where a bucket does not tell who asks what is not there. */
  | { readonly kind: 'missing'; readonly status: number }
  | {
      readonly kind: 'content';
      readonly validators: Validators;
      /** Throws an AdvisoryError where it breaks off, is longer than allowed, or is not what its headers say. */
      readonly bytes: AsyncIterable<Uint8Array>;
    };

/** An address as messages show it: without what signs or opens it. */
export function placeOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

/** Throws an AdvisoryError for answers but 200, 304, 403 and 404, and for a 304 that is no answer to what was asked. */
export async function conditionalGet(
  url: string,
  known: Validators | undefined,
  most: number,
  { egress, signal }: FetchOptions,
): Promise<Fetched> {
  const place = placeOf(url);
  const headers = {
    ...(known?.etag === undefined ? {} : { 'if-none-match': known.etag }),
    ...(known?.lastModified === undefined ? {} : { 'if-modified-since': known.lastModified }),
  };
  const answer = await egress.send({ method: 'GET', url, headers, signal, retries: 2 }).catch((cause: unknown) => {
    const what = cause instanceof Error ? cause.message : 'no answer';
    throw new AdvisoryError('FEED_NOT_FOUND', `${place}: ${what}; check the address and the network`, { cause });
  });
  if (answer.status === 200)
    return { kind: 'content', validators: validatorsOf(answer), bytes: checked(answer, place, most) };
  await answer.body.dump();
  if (answer.status === 304) {
    const { etag } = answer.headers;
    if (
      Object.keys(headers).length > 0 &&
      (etag === undefined || known?.etag === undefined || isSame(etag, known.etag))
    )
      return { kind: 'unchanged' };
    throw new AdvisoryError(
      'FEED_UNREADABLE',
      `${place}: answered "not modified" about another form than was asked for`,
    );
  }
  if (answer.status === 404 || answer.status === 403) return { kind: 'missing', status: answer.status };
  throw new AdvisoryError('FEED_NOT_FOUND', `${place}: answered ${answer.status}; try again later`);
}

/** The weak comparison of RFC 9110, section 8.8.3.2. */
const isSame = (one: string, other: string) => one.replace(/^W\//, '') === other.replace(/^W\//, '');

/** Longer ones are no validators: they would be sent with every call. */
const LONGEST_VALIDATOR = 256;

function validatorsOf({ headers }: EgressResponse): Validators {
  const { etag, 'last-modified': lastModified } = headers;
  const isFit = (value: string | undefined): value is string =>
    value !== undefined && value.length <= LONGEST_VALIDATOR;
  return { ...(isFit(etag) ? { etag } : {}), ...(isFit(lastModified) ? { lastModified } : {}) };
}

async function* checked(answer: EgressResponse, place: string, most: number): AsyncGenerator<Uint8Array> {
  // Google's storage says the MD5 of what it holds; it is against mistakes on the way, not against an attacker.
  const told = /(?:^|,\s*)md5=([A-Za-z0-9+/]{22}==)/.exec(answer.headers['x-goog-hash'] ?? '')?.[1];
  const hash = told === undefined ? undefined : createHash('md5');
  let bytes = 0;
  try {
    for await (const chunk of answer.body) {
      bytes += chunk.length;
      if (bytes > most) throw new AdvisoryError('FEED_TOO_LARGE', `${place}: more than ${most} bytes`);
      hash?.update(chunk);
      yield chunk;
    }
  } catch (cause) {
    if (cause instanceof AdvisoryError) throw cause;
    throw new AdvisoryError('FEED_UNREADABLE', `${place}: the transfer broke off; try again`, { cause });
  }
  const length = answer.headers['content-length'];
  if ((length !== undefined && Number(length) !== bytes) || (hash !== undefined && hash.digest('base64') !== told))
    throw new AdvisoryError('FEED_UNREADABLE', `${place}: what came is not what its headers say; try again`);
}

/** Brings what was fetched to disk. Throws an AdvisoryError. */
export async function saveTo(file: string, bytes: AsyncIterable<Uint8Array>, place: string, signal: AbortSignal) {
  await pipeline(bytes, createWriteStream(file), { signal }).catch((cause: unknown) => {
    if (cause instanceof AdvisoryError) throw cause;
    throw new AdvisoryError('FEED_UNREADABLE', `${place}: the transfer broke off, or took too long; try again`, {
      cause,
    });
  });
}

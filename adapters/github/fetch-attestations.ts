/** Attestations that GitHub keeps for a digest (docs.github.com/rest: "List attestations" of repositories, organizations and users). */
import { z } from 'zod';
import type { Digest } from '../../domain/artifact/digest.ts';
import { createEgress, type EgressOptions, type EgressResponse } from '../egress/egress.ts';
import { EgressError } from '../egress/egress-error.ts';
import { decodeSnappy } from './decode-snappy.ts';
import { GithubError } from './github-error.ts';

export interface GithubOptions {
  /** Base address of the API: `https://api.github.com`, or `https://HOST/api/v3` of an Enterprise Server. */
  readonly api: string;
  readonly token: string | undefined;
  /** Hosts that bundles may be fetched from, besides the API's: they get no token. `*.domain`: below a domain. */
  readonly bundleHosts: readonly string[];
  readonly timeouts?: EgressOptions['timeouts'];
}

/** `owner/repository`; or an owner alone, of whom all repositories are asked. */
export interface GithubPlace {
  readonly owner: string;
  readonly repository: string | undefined;
}

export interface GithubAttestations {
  /** Bundles as they are kept, unverified; none where GitHub knows none. Throws a GithubError. */
  attestationsOf(place: GithubPlace, digest: Digest): Promise<readonly Uint8Array[]>;
  close(): Promise<void>;
}

const PAGE = 100;
const MAX_PAGES = 10;
const MAX_PAGE_BYTES = 64 * 1024 * 1024;
const MAX_BUNDLE_BYTES = 32 * 1024 * 1024;
const RETRIES = 2;

/** Parses `owner` or `owner/repository`. Throws GITHUB_PLACE_INVALID. */
export function parseGithubPlace(text: string): GithubPlace {
  const [, owner, repository] = /^([A-Za-z0-9](?:[A-Za-z0-9-]{0,38}))(?:\/([\w.-]{1,100}))?$/.exec(text) ?? [];
  if (owner === undefined || repository === '.' || repository === '..')
    throw new GithubError('GITHUB_PLACE_INVALID', `"${text}" is no OWNER/REPOSITORY, and no OWNER, of GitHub`);
  return { owner, repository };
}

export function openGithub({ api, token, bundleHosts, timeouts }: GithubOptions): GithubAttestations {
  const { host } = new URL(api);
  const egress = createEgress({
    configuredHosts: [host, ...bundleHosts],
    allowPublicHosts: false,
    ...(timeouts === undefined ? {} : { timeouts }),
  });
  const send = async (url: string, headers: Record<string, string>, maxBytes: number): Promise<EgressResponse> => {
    try {
      return await egress.send({ method: 'GET', url, headers, maxBytes, retries: RETRIES });
    } catch (cause) {
      throw toGithubError(cause);
    }
  };
  const ask = async (url: string): Promise<Page | undefined> => {
    const answer = await send(url, headersOf(token), MAX_PAGE_BYTES);
    if (answer.status === 404) {
      await answer.body.dump();
      return undefined;
    }
    if (answer.status !== 200) throw await refused(answer, url);
    const read = pageSchema.safeParse(await answer.body.json().catch(rethrow));
    if (!read.success) throw invalid(`${host} did not answer with attestations`);
    return { attestations: read.data.attestations, next: nextOf(answer.headers.link, url) };
  };
  const bundleOf = async ({ bundle, bundle_url: url }: Attestation): Promise<Uint8Array> => {
    if (bundle) return Buffer.from(JSON.stringify(bundle));
    if (!url) throw invalid(`${host} gave an attestation without a bundle`);
    // The address is signed by itself: the token is not for that host.
    const answer = await send(url, {}, MAX_BUNDLE_BYTES);
    if (answer.status !== 200) throw await refused(answer, new URL(url).origin);
    return decodeSnappy(await answer.body.bytes().catch(rethrow), MAX_BUNDLE_BYTES);
  };
  /** Undefined where there is nothing at that address. */
  const list = async (path: string): Promise<Uint8Array[] | undefined> => {
    const bundles: Uint8Array[] = [];
    let url: string | undefined = `${api.replace(/\/+$/, '')}/${path}?per_page=${PAGE}`;
    for (let page = 0; url !== undefined; page += 1) {
      if (page === MAX_PAGES) throw invalid(`${host} has more than ${PAGE * MAX_PAGES} attestations of one digest`);
      const found: Page | undefined = await ask(url);
      if (found === undefined) return page === 0 ? undefined : bundles;
      for (const attestation of found.attestations) bundles.push(await bundleOf(attestation));
      url = found.next;
    }
    return bundles;
  };
  return {
    async attestationsOf({ owner, repository }, digest) {
      const about = `attestations/${digest}`;
      if (repository !== undefined) return (await list(`repos/${owner}/${repository}/${about}`)) ?? [];
      return (await list(`orgs/${owner}/${about}`)) ?? (await list(`users/${owner}/${about}`)) ?? [];
    },
    close: () => egress.close(),
  };
}

const attestationSchema = z.object({
  bundle: z.looseObject({}).nullish(),
  bundle_url: z.url({ protocol: /^https?$/ }).nullish(),
});
type Attestation = z.infer<typeof attestationSchema>;
const pageSchema = z.object({ attestations: z.array(attestationSchema).max(PAGE) });

interface Page {
  readonly attestations: readonly Attestation[];
  readonly next: string | undefined;
}

function headersOf(token: string | undefined): Record<string, string> {
  return {
    accept: 'application/vnd.github+json',
    'x-github-api-version': '2022-11-28',
    'user-agent': 'pratique',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
}

/** RFC 8288. The next page is asked with the token: only at the same address. */
function nextOf(link: string | undefined, of: string): string | undefined {
  const found = /<([^<>]*)>\s*;[^,<]*rel="?next"?/.exec(link ?? '')?.[1];
  if (found === undefined) return undefined;
  if (!URL.canParse(found, of)) throw invalid('the address of the next page is none');
  const next = new URL(found, of);
  if (next.origin !== new URL(of).origin) throw invalid('the next page is said to be at another host');
  return next.href;
}

async function refused(answer: EgressResponse, place: string): Promise<GithubError> {
  await answer.body.dump();
  const { status } = answer;
  const said = `${new URL(place).origin} answered ${status}`;
  const { 'x-ratelimit-remaining': remaining, 'retry-after': wait } = answer.headers;
  // docs.github.com: "Rate limits for the REST API": a secondary limit says only when to come again.
  const isLimited = status === 429 || (status === 403 && (remaining === '0' || wait !== undefined));
  if (isLimited || status >= 500) return new GithubError('GITHUB_UNAVAILABLE', `${said}: try again later`);
  return new GithubError('GITHUB_DENIED', `${said}: give a token that may read attestations`);
}

function rethrow(cause: unknown): never {
  throw toGithubError(cause);
}

function toGithubError(cause: unknown): unknown {
  if (!(cause instanceof EgressError)) return cause;
  const code =
    cause.code === 'EGRESS_UNREACHABLE' || cause.code === 'EGRESS_TIMEOUT'
      ? 'GITHUB_UNAVAILABLE'
      : 'GITHUB_ANSWER_INVALID';
  return new GithubError(code, cause.message, { cause });
}

function invalid(why: string): GithubError {
  return new GithubError('GITHUB_ANSWER_INVALID', why);
}

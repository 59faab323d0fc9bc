import { ecosystems } from '../../domain/sbom/component.ts';
import { AdvisoryError } from './advisory-error.ts';
import { conditionalGet, type FetchOptions, placeOf } from './conditional-get.ts';

const LIST_BYTES = 1024 * 1024;
/** Milliseconds. */
const TIMEOUT = 60_000;

/**
 * The feeds behind an address: a zip is one. A folder with `ecosystems.txt`, as OSV's bucket has it, stands for the folders of all
 * the ecosystems it names that are compared here; any other folder for itself. Throws an AdvisoryError where nothing answers.
 */
export async function listFeeds(address: string, options: FetchOptions): Promise<readonly string[]> {
  const url = new URL(address);
  if (/\.zip$/i.test(url.pathname)) return [address];
  const root = url.pathname.replace(/\/$/, '');
  url.pathname = `${root}/ecosystems.txt`;
  const limited = { ...options, signal: AbortSignal.any([options.signal, AbortSignal.timeout(TIMEOUT)]) };
  const fetched = await conditionalGet(url.href, undefined, LIST_BYTES, limited);
  if (fetched.kind !== 'content') return [address];
  const chunks: Uint8Array[] = [];
  for await (const chunk of fetched.bytes) chunks.push(chunk);
  const named = new Set(Buffer.concat(chunks).toString('utf8').split(/\r?\n/));
  const known = ecosystems.filter((ecosystem) => named.has(ecosystem));
  if (known.length === 0)
    throw new AdvisoryError('FEED_UNREADABLE', `${placeOf(url.href)}: names no ecosystem that is compared here`);
  return known.map((ecosystem) => {
    url.pathname = `${root}/${encodeURIComponent(ecosystem)}/all.zip`;
    return url.href;
  });
}

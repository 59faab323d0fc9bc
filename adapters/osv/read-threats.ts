/** Files about attacks: CISA's KEV catalogue and FIRST's EPSS scores, as they are published. */
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { parseEpss } from '../../domain/advisory/parse-epss.ts';
import { parseKev } from '../../domain/advisory/parse-kev.ts';
import type { ThreatTable } from '../../domain/advisory/threat-imports.ts';
import { AdvisoryError } from './advisory-error.ts';

/** Bytes, unpacked; the real ones have 10 MiB. */
const MAXIMUM = 256 * 1024 * 1024;

/** Names of such files: EPSS is a table, KEV the only other kind of JSON that is looked into. */
export function mayHoldThreats(name: string): boolean {
  return /\.csv(?:\.gz)?$|known_exploited_vulnerabilities[^/]*\.json$|(?:^|\/)kev[^/]*\.json$/i.test(name);
}

function decode(bytes: Uint8Array, place: string): string {
  try {
    const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes, { maxOutputLength: MAXIMUM }) : bytes;
    return new TextDecoder('utf-8', { fatal: true }).decode(plain);
  } catch (cause) {
    throw new AdvisoryError('FEED_UNREADABLE', `${place}: damaged or cut short; fetch it again`, { cause });
  }
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Throws an AdvisoryError where the file is neither, holds no entry, or is damaged. */
export async function readThreats(file: string, place: string): Promise<ThreatTable & { readonly rejected: number }> {
  const text = decode(await readFile(file), place);
  const epss = parseEpss(text);
  const kev = epss === undefined ? parseKev(asJson(text)) : undefined;
  if (epss !== undefined && epss.scores.size > 0)
    return { kind: 'epss', entries: epss.scores, rejected: epss.rejected };
  if (kev !== undefined && kev.size > 0) return { kind: 'kev', entries: kev, rejected: 0 };
  throw new AdvisoryError(
    'FEED_UNREADABLE',
    `${place}: neither a whole table of EPSS scores nor the whole KEV catalogue`,
  );
}
